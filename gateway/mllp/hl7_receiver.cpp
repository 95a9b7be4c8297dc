#include "gateway/mllp/hl7_receiver.hpp"

#include <algorithm>
#include <boost/json/value.hpp>
#include <utility>

#include "actors/log.hpp"
#include "runtime/base/base64.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/clinical/hl7_ack.hpp"
#include "runtime/model/json_fields.hpp"

namespace baton {
namespace {

constexpr Duration kFirstDelay{5};
constexpr Duration kLongestDelay{500};

const Error kNoAck{ErrorCode::store_corrupt, "the message was taken before, and its acknowledgement cannot be read",
                   "look into the server's log, then at the message"};

// The sender's bytes as they came: JSON holds them in base 64 where they are no UTF-8. Empty when there is no ACK.
std::string ack_of(const JsonText& answer) {
  const auto document = parse_json_document(answer);
  if (!document || !document->is_object()) return {};
  const auto text = [&](const char* name) {
    const auto* value = document->as_object().if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
  };
  if (std::string ack = text("ack"); !ack.empty()) return ack;
  return decode_base64(text("ack_base64")).value_or("");
}

}  // namespace

Hl7Receiver::Hl7Receiver(Node& node, IoLoop& loop)
    : Hl7Receiver([&node](AcceptRequest request, Answer answer) { node.submit(std::move(request), std::move(answer)); },
                  [&node] { return node.now(); }, loop) {}

Hl7Receiver::Hl7Receiver(Submit submit, std::function<Instant()> now, IoLoop& loop)
    : submit_(std::move(submit)), now_(std::move(now)), loop_(loop) {}

MllpHandler Hl7Receiver::handler() {
  return [this](std::string message, MllpSender sender, MllpAnswer answer) {
    const std::string& client = sender.client;
    Offer next{std::move(message), std::move(answer), std::move(sender.certificate)};
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
  return [this](std::string_view bytes, const Error& why) {
    const Instant now = now_();
    return build_ack_for_bytes(bytes, AckOutcome::rejected, why, now, "B" + std::to_string(now.ms));
  };
}

bool Hl7Receiver::offer(const std::string& client, const Offer& offer) {
  AcceptRequest request;
  request.format = "hl7v2";
  request.raw = offer.raw;
  request.by.kind = PrincipalKind::service;
  // The names in MSH are the sender's own word; a certificate was verified.
  request.by.subject = offer.certificate.empty() ? "mllp" : offer.certificate.substr(0, limits::kNameSize);
  request.by.authentication = offer.certificate.empty() ? "mllp" : "mtls";
  request.by.client = client;
  // An answer from inside of the call may be a refusal; any other comes from the node's threads, and later.
  auto refused = std::make_shared<bool>(false);
  submit_(std::move(request), [this, client, offer, refused](Result<JsonText> answer) {
    if (!answer && answer.error().code == ErrorCode::overloaded) {
      *refused = true;
      return;
    }
    std::string ack = answer ? ack_of(*answer) : std::string();
    if (!ack.empty()) return offer.answer(std::move(ack));
    if (answer) log::error("a message from {} was taken, and its answer holds no ACK; AE is sent", client);
    offer.answer(failed(offer.raw, answer ? kNoAck : answer.error()));
  });
  return !*refused;
}

std::string Hl7Receiver::failed(const std::string& raw, const Error& why) const {
  const Instant now = now_();
  return build_ack_for_bytes(raw, AckOutcome::error, why, now, "B" + std::to_string(now.ms));
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
