// From MLLP to the node and back: a message is acknowledged once what it set going is durable, and not before. Overload
// is no reason to refuse a message: it is offered again until there is room, and its connection waits meanwhile.
#pragma once

#include <memory>

#include "actors/node.hpp"
#include "gateway/mllp/mllp_server.hpp"

namespace baton {

class Hl7Receiver {
 public:
  // Borrows both; the node outlives the server that calls handler().
  Hl7Receiver(Node& node, IoLoop& loop) : node_(node), loop_(loop) {}

  [[nodiscard]] MllpHandler handler();
  [[nodiscard]] MllpRefusal refusal();

 private:
  struct Offer {
    std::string raw;
    std::string client;
    MllpAnswer answer;
    Duration delay{5};
  };
  void offer(std::shared_ptr<Offer> offer);

  Node& node_;
  IoLoop& loop_;
};

}  // namespace baton
