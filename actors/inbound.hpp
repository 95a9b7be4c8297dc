// One message from outside, read as far as its format allows without a mapping: who sent it, how it is called, of what
// type it is; and what its sender is answered. Pure.
#pragma once

#include <optional>
#include <string>

#include "actors/node.hpp"
#include "runtime/clinical/hl7_message.hpp"

namespace baton {

struct Inbound {
  std::string source;       // HL7: MSH-3|MSH-4.
  std::string message_id;   // HL7: MSH-10, or the hash of the bytes where there is none that an address can hold.
  std::string format;       // "hl7v2" or "json".
  std::string type;         // "ADT^A03"; empty for json.
  std::string lane;         // In which it is handled.
  std::uint64_t place = 0;  // Among those that have to wait; 0 of one that did not.
  std::string raw;
  Instant received_at;
  Principal by;
  std::optional<Hl7Message> hl7;
  JsonText event;                   // json: the canonical event, without the fields that name the message.
  std::optional<Error> unreadable;  // Why nothing more is known than the bytes; source and id are set even so.
};

// Never fails: what cannot be read says so itself.
[[nodiscard]] Inbound read_inbound(AcceptRequest request, Instant now);

// The lane that keeps the order of this request's sender.
[[nodiscard]] std::string lane_of(const AcceptRequest& request);

// The acknowledgement as bytes for the wire; empty for formats that have none. `refusal`: why it is not taken.
[[nodiscard]] std::string acknowledge(const Inbound& inbound, const std::optional<Error>& refusal);

// What the caller of the node gets: {"state","ack","events","reason_code","reason"}. An ack that is not UTF-8 is given
// as "ack_base64".
[[nodiscard]] JsonText answer_of(const MessageRecord& message);

}  // namespace baton
