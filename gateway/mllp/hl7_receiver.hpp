// From MLLP to the node and back: a message is acknowledged once what it set going is durable, and not before. Overload
// is no reason to refuse a message: it is offered again until there is room, and its connection waits meanwhile. Those
// behind it on its connection wait with it, so that messages are taken in the order in which they came. Runs on the loop.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "actors/node.hpp"
#include "gateway/mllp/mllp_server.hpp"

namespace baton {

class Hl7Receiver {
 public:
  // Takes a request or refuses it at once with overloaded; as Node::submit.
  using Submit = std::function<void(AcceptRequest, Answer)>;

  // Borrows both; the node outlives the server that calls handler().
  Hl7Receiver(Node& node, IoLoop& loop);
  // `now` stamps acknowledgements of what could not be taken.
  Hl7Receiver(Submit submit, std::function<Instant()> now, IoLoop& loop);

  [[nodiscard]] MllpHandler handler();
  [[nodiscard]] MllpRefusal refusal();

 private:
  struct Offer {
    std::string raw;
    MllpAnswer answer;
    std::string certificate;  // That the sender has shown.
  };
  // Of one connection: messages that wait because the first of them was refused.
  struct Line {
    std::deque<Offer> offers;
    Duration delay;
  };
  // False when there is no room: then the message has not been taken.
  bool offer(const std::string& client, const Offer& offer);
  // The ACK of a message that got none: an error of ours, and never silence.
  [[nodiscard]] std::string failed(const std::string& raw, const Error& why) const;
  void try_again(const std::string& client);
  void try_again_later(const std::string& client, Line& line);

  Submit submit_;
  std::function<Instant()> now_;
  IoLoop& loop_;
  std::map<std::string, Line> lines_;  // By client.
};

}  // namespace baton
