// The world outside of the house: takes requests of activities, remembers each, and answers when the simulation says so.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>

#include "actors/node.hpp"

namespace baton::simulation {

class Outside final : public HttpPort {
 public:
  // Called with the idempotency key of each request, at the moment when it leaves the house.
  std::function<void(const std::string&)> on_request;

  void send(HttpCall call, std::function<void(Result<HttpAnswer>)> done) override {
    std::string key;
    for (const auto& [name, value] : call.headers) {
      if (name == "idempotency-key" || name == "Idempotency-Key") key = value;
    }
    if (on_request) on_request(key);
    waiting_.push_back(std::move(done));
  }

  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  // Status 0: no answer at all.
  void answer(std::size_t which, int status) {
    const auto done = std::move(waiting_[which]);
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(which));
    if (status == 0) return done(Error{ErrorCode::unreachable, "nobody is there", {}});
    HttpAnswer answer;
    answer.status = status;
    answer.body = "{}";
    done(std::move(answer));
  }
  // The network forgets one: its time-out has to notice.
  void lose(std::size_t which) { waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(which)); }
  // The house crashed: nobody waits any more.
  void forget() { waiting_.clear(); }

 private:
  std::deque<std::function<void(Result<HttpAnswer>)>> waiting_;
};

}  // namespace baton::simulation
