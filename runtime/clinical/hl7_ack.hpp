// Acknowledgements (HL7 v2.8 section 2.9): building the answer to a message or to bytes that are none, and reading the
// answers to ours. Pure: the same (bytes, outcome, now, control id) give the same ACK, so that a message that comes
// again can be given the answer it was given before.
//
// Original mode answers AA, AE or AR. Enhanced mode, chosen by the sender in MSH-15 (accept) and MSH-16 (application),
// answers CA, CE or CR when the message is safely stored; that is when Baton answers, so CA means "committed".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/instant.hpp"
#include "runtime/base/result.hpp"
#include "runtime/clinical/hl7_message.hpp"

namespace baton {

// What became of the message. error: this content is wrong (AE, CE). rejected: nothing of this kind is taken (AR, CR).
enum class AckOutcome : std::uint8_t { accepted, error, rejected };

enum class AckCode : std::uint8_t { aa, ae, ar, ca, ce, cr };
[[nodiscard]] std::string_view to_text(AckCode code) noexcept;  // "AA", ...
// CA and AA.
[[nodiscard]] bool is_accept(AckCode code) noexcept;

// always: over MLLP most senders wait for an answer whatever MSH-15 and MSH-16 say, so one goes out. as_asked: the
// standard to the letter; NE ("never") is obeyed.
enum class AckPolicy : std::uint8_t { always, as_asked };

// Which code answers `message`; none when the sender asked for no answer to this outcome.
[[nodiscard]] std::optional<AckCode> choose_ack(const Hl7Message& message, AckOutcome outcome, AckPolicy policy);

// The ACK, with CR line ends, without its MLLP frame. Sender and receiver are swapped, MSA-2 is the sender's control
// id, delimiters, character set, processing id and version are the sender's. `reason` goes to ERR since v2.5, and to
// MSA-3 before. Precondition: `control_id` is not empty, and unique among our messages.
[[nodiscard]] std::string build_ack(const Hl7Message& message, AckCode code, const std::optional<Error>& reason,
                                    Instant now, std::string_view control_id);

// The same for bytes that Hl7Message::parse refused: what of a header can be found is used, and MSA-2 is empty when
// there is no control id. Always in original mode.
[[nodiscard]] std::string build_ack_for_bytes(std::string_view bytes, AckOutcome outcome, const Error& reason,
                                              Instant now, std::string_view control_id);

// An answer to a message of ours.
struct Hl7Ack {
  AckCode code = AckCode::aa;
  std::string control_id;  // MSA-2: the control id of the message that it answers.
  std::string text;        // MSA-3, or ERR-8, ERR-7 or ERR-3.2, whichever says something. May be empty.
  std::string error_code;  // ERR-3.1 (HL7 table 0357). May be empty.

  bool operator==(const Hl7Ack&) const = default;
};

// Errors: bad_hl7 when there is no MSA, its code is unknown, or it names no message.
[[nodiscard]] Result<Hl7Ack> read_ack(const Hl7Message& message);

}  // namespace baton
