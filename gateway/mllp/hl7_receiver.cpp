#include "gateway/mllp/hl7_receiver.hpp"

#include <algorithm>
#include <boost/json/value.hpp>

#include "runtime/clinical/hl7_ack.hpp"
#include "runtime/model/json_fields.hpp"

namespace baton {
namespace {

constexpr Duration kLongestDelay{500};

std::string ack_of(const JsonText& answer) {
  const auto document = parse_json_document(answer);
  if (!document || !document->is_object()) return {};
  const auto* ack = document->as_object().if_contains("ack");
  return ack != nullptr && ack->is_string() ? std::string(ack->as_string()) : std::string();
}

}  // namespace

MllpHandler Hl7Receiver::handler() {
  return [this](std::string message, std::string client, MllpAnswer answer) {
    offer(std::make_shared<Offer>(Offer{std::move(message), std::move(client), std::move(answer)}));
  };
}

MllpRefusal Hl7Receiver::refusal() {
  return [this](const Error& why) {
    const Instant now = node_.now();
    return build_ack_for_bytes("", AckOutcome::rejected, why, now, "B" + std::to_string(now.ms));
  };
}

void Hl7Receiver::offer(std::shared_ptr<Offer> offer) {
  AcceptRequest request;
  request.format = "hl7v2";
  request.raw = offer->raw;
  request.by.kind = PrincipalKind::service;
  request.by.subject = "mllp";
  request.by.authentication = "mllp";
  request.by.client = offer->client;
  node_.submit(std::move(request), [this, offer = std::move(offer)](Result<JsonText> answer) {
    if (answer) return offer->answer(ack_of(*answer));
    if (answer.error().code == ErrorCode::overloaded) {
      const Duration delay = offer->delay;
      offer->delay = std::min(Duration{delay.ms * 2}, kLongestDelay);
      loop_.after(delay, [this, offer] { this->offer(offer); });
      return;
    }
    const Instant now = node_.now();
    offer->answer(
        build_ack_for_bytes(offer->raw, AckOutcome::error, answer.error(), now, "B" + std::to_string(now.ms)));
  });
}

}  // namespace baton
