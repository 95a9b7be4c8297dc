// One connection of the hospital's interface engine: messages in their order, a few of them on their way at a time, and sent
// again until they are acknowledged, as MLLP senders do.
#pragma once

#include <deque>
#include <random>
#include <string>
#include <vector>

#include "runtime/base/instant.hpp"

namespace baton::simulation {

struct Message {
  std::string control_id;
  std::string raw;
  Instant at;  // Not sent before.
};

// What happens in the hospital on one day: stays of patients, some of whom are registered twice and merged later.
struct Plan {
  std::vector<std::vector<Message>> feeds;  // By connection.
  std::vector<std::string> encounters;
};

[[nodiscard]] Plan plan_of_day(std::mt19937_64& random, Instant begin, int stays);

class Feed {
 public:
  Feed(std::vector<Message> messages, std::string name) : name_(std::move(name)) {
    for (Message& message : messages) waiting_.push_back({std::move(message), false});
  }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  // The next message that may be sent now, or null. It counts as sent until drop_connection().
  [[nodiscard]] const Message* next(Instant now, std::size_t window) {
    for (std::size_t i = 0; i < std::min(window, waiting_.size()); ++i) {
      if (waiting_[i].sent) continue;
      if (waiting_[i].message.at > now) return nullptr;
      waiting_[i].sent = true;
      return &waiting_[i].message;
    }
    return nullptr;
  }
  void acknowledged(const std::string& control_id) {
    std::erase_if(waiting_, [&](const Waiting& each) { return each.message.control_id == control_id; });
  }
  // What is not acknowledged will be sent again, in order.
  void drop_connection() {
    for (Waiting& each : waiting_) each.sent = false;
  }

 private:
  struct Waiting {
    Message message;
    bool sent;
  };
  std::string name_;
  std::deque<Waiting> waiting_;
};

}  // namespace baton::simulation
