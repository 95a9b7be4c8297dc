#include "gateway/mllp/hl7_receiver.hpp"

#include <algorithm>
#include <boost/json/value.hpp>
#include <utility>

#include "runtime/clinical/hl7_ack.hpp"
#include "runtime/model/json_fields.hpp"

namespace baton {
namespace {

constexpr Duration kFirstDelay{5};
constexpr Duration kLongestDelay{500};

std::string ack_of(const JsonText& answer) {
  const auto document = parse_json_document(answer);
  if (!document || !document->is_object()) return {};
  const auto* ack = document->as_object().if_contains("ack");
  return ack != nullptr && ack->is_string() ? std::string(ack->as_string()) : std::string();
}

}  // namespace

Hl7Receiver::Hl7Receiver(Node& node, IoLoop& loop)
    : Hl7Receiver([&node](AcceptRequest request, Answer answer) { node.submit(std::move(request), std::move(answer)); },
                  [&node] { return node.now(); }, loop) {}

Hl7Receiver::Hl7Receiver(Submit submit, std::function<Instant()> now, IoLoop& loop)
    : submit_(std::move(submit)), now_(std::move(now)), loop_(loop) {}

MllpHandler Hl7Receiver::handler() {
  return [this](std::string message, std::string client, MllpAnswer answer) {
    Offer next{std::move(message), std::move(answer)};
    const auto waiting = lines_.find(client);
    if (waiting != lines_.end()) {
      waiting->second.offers.push_back(std::move(next));
    } else if (!offer(client, next)) {
      Line& line = lines_[client];
      line.delay = kFirstDelay;
      line.offers.push_back(std::move(next));
      try_again_later(client, line);
    }
  };
}

MllpRefusal Hl7Receiver::refusal() {
  return [this](const Error& why) {
    const Instant now = now_();
    return build_ack_for_bytes("", AckOutcome::rejected, why, now, "B" + std::to_string(now.ms));
  };
}

bool Hl7Receiver::offer(const std::string& client, const Offer& offer) {
  AcceptRequest request;
  request.format = "hl7v2";
  request.raw = offer.raw;
  request.by.kind = PrincipalKind::service;
  request.by.subject = "mllp";
  request.by.authentication = "mllp";
  request.by.client = client;
  // An answer from inside of the call may be a refusal; any other comes from the node's threads, and later.
  auto refused = std::make_shared<bool>(false);
  submit_(std::move(request), [this, offer, refused](Result<JsonText> answer) {
    if (answer) return offer.answer(ack_of(*answer));
    if (answer.error().code == ErrorCode::overloaded) {
      *refused = true;
      return;
    }
    const Instant now = now_();
    offer.answer(build_ack_for_bytes(offer.raw, AckOutcome::error, answer.error(), now, "B" + std::to_string(now.ms)));
  });
  return !*refused;
}

void Hl7Receiver::try_again_later(const std::string& client, Line& line) {
  loop_.after(std::exchange(line.delay, std::min(Duration{line.delay.ms * 2}, kLongestDelay)),
              [this, client] { try_again(client); });
}

void Hl7Receiver::try_again(const std::string& client) {
  Line& line = lines_.at(client);
  while (!line.offers.empty()) {
    if (!offer(client, line.offers.front())) return try_again_later(client, line);
    line.offers.pop_front();
    line.delay = kFirstDelay;
  }
  lines_.erase(client);
}

}  // namespace baton
