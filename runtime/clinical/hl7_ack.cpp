#include "runtime/clinical/hl7_ack.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "runtime/base/limits.hpp"

namespace baton {
namespace {

constexpr std::array<std::string_view, 6> kCodes = {"AA", "AE", "AR", "CA", "CE", "CR"};

// What an ACK repeats of the message that it answers: raw bytes of MSH, safe to put on the wire.
struct Header {
  Hl7Delimiters delimiters;
  std::string encoding = "^~\\&";
  std::string sending_application, sending_facility, receiving_application, receiving_facility;
  std::string trigger, control_id, processing_id, version, charset;
};

// Raw bytes of a field without what could break a line or a frame; nothing when it is unreasonably long.
std::string echo(std::string_view raw) {
  std::string out;
  if (raw.size() > limits::kHl7EchoSize) return out;
  std::copy_if(raw.begin(), raw.end(), std::back_inserter(out), [](char c) { return c < 0 || c >= ' '; });
  return out;
}

// Fields of MSH by HL7's numbers, from `line`, which begins with MSH and its delimiter.
Header read_header(std::string_view line, const Hl7Delimiters& delimiters) {
  Header header;
  header.delimiters = delimiters;
  // MSH-1 is the delimiter itself, so the second part of the line is MSH-2.
  const auto field = [&](std::size_t number) { return echo(nth_part(line, delimiters.field, number)); };
  header.encoding = field(2);
  header.sending_application = field(3);
  header.sending_facility = field(4);
  header.receiving_application = field(5);
  header.receiving_facility = field(6);
  header.trigger = nth_part(field(9), delimiters.component, 2);
  header.control_id = field(10);
  header.processing_id = field(11);
  header.version = field(12);
  header.charset = field(18);
  return header;
}

// "2.5.1" is 2005; nothing readable is the newest form.
int version_number(std::string_view version) {
  int minor = 0;
  if (!version.starts_with("2.")) return 2005;
  const auto [end, error] = std::from_chars(version.data() + 2, version.data() + version.size(), minor);
  return error == std::errc() && minor >= 0 && minor < 1000 ? 2000 + minor : 2005;
}

// HL7 table 0357, message error condition codes.
struct Condition {
  std::string_view code;
  std::string_view text;
};

Condition condition_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::bad_field:
    case ErrorCode::bad_hl7: return {"101", "Required field missing"};
    case ErrorCode::unmapped_message: return {"200", "Unsupported message type"};
    case ErrorCode::bad_text:
    case ErrorCode::bad_time:
    case ErrorCode::bad_event: return {"102", "Data type error"};
    case ErrorCode::conflict:
    case ErrorCode::overloaded: return {"206", "Application record locked"};
    case ErrorCode::not_found: return {"204", "Unknown key identifier"};
    default: return {"207", "Application internal error"};
  }
}

// Our own words as an HL7 value. They are kept to ASCII, so that they mean the same in the sender's character set.
std::string value_of(std::string_view text, const Hl7Delimiters& delimiters) {
  std::string plain;
  for (const char c : text) plain.push_back(c >= ' ' && c <= '~' ? c : '?');
  return escape_hl7(plain, delimiters);
}

class AckBuilder {
 public:
  AckBuilder(const Header& header, AckCode code)
      : header_(header), code_(code), number_(version_number(header.version)) {}

  std::string build(const std::optional<Error>& reason, Instant now, std::string_view control_id) {
    write_msh(now, control_id);
    out_.append("MSA");
    field(to_text(code_));
    field(header_.control_id);
    if (reason && number_ < 2005) field(value_of(to_string(*reason), header_.delimiters));
    out_.push_back('\r');
    if (reason && number_ >= 2005) write_err(*reason);
    return std::move(out_);
  }

 private:
  void field(std::string_view raw) { out_.append(1, header_.delimiters.field).append(raw); }
  void fields(std::size_t empty) { out_.append(empty, header_.delimiters.field); }

  void write_msh(Instant now, std::string_view control_id) {
    out_.append("MSH");
    field(header_.encoding);
    field(header_.receiving_application);
    field(header_.receiving_facility);
    field(header_.sending_application);
    field(header_.sending_facility);
    field(format_hl7_time(now));
    fields(1);  // MSH-8, security.
    field(message_type());
    field(value_of(control_id, header_.delimiters));
    field(header_.processing_id.empty() ? "P" : header_.processing_id);
    field(header_.version.empty() ? "2.5.1" : header_.version);
    if (!header_.charset.empty()) {
      fields(5);  // MSH-13 to MSH-17.
      field(header_.charset);
    }
    out_.push_back('\r');
  }

  std::string message_type() const {
    std::string type = "ACK";
    if (number_ < 2003 || header_.delimiters.component == '\0') return type;
    if (!header_.trigger.empty()) type.append(1, header_.delimiters.component).append(header_.trigger);
    if (number_ < 2004 || header_.trigger.empty()) return type;
    return type.append(1, header_.delimiters.component).append("ACK");
  }

  // ERR-3 condition, ERR-4 severity, ERR-7 what happened, ERR-8 what to do.
  void write_err(const Error& reason) {
    const Condition condition = condition_of(reason.code);
    const std::string_view component(&header_.delimiters.component, header_.delimiters.component == '\0' ? 0 : 1);
    out_.append("ERR");
    fields(2);
    std::string code(condition.code);
    if (!component.empty()) code.append(component).append(condition.text).append(component).append("HL70357");
    field(code);
    field("E");
    fields(2);
    field(value_of(std::string(code_of(reason.code)) + ": " + reason.detail, header_.delimiters));
    field(value_of(reason.cure.empty() ? title_of(reason.code) : reason.cure, header_.delimiters));
    out_.push_back('\r');
  }

  const Header& header_;
  AckCode code_;
  int number_;
  std::string out_;
};

// Does a sender who wrote `wish` (HL7 table 0155) want an answer to this outcome?
bool wants(std::string_view wish, AckOutcome outcome) {
  if (wish == "AL") return true;
  if (wish == "ER") return outcome != AckOutcome::accepted;
  return wish == "SU" && outcome == AckOutcome::accepted;
}

AckCode original_code(AckOutcome outcome) { return static_cast<AckCode>(outcome); }
AckCode enhanced_code(AckOutcome outcome) { return static_cast<AckCode>(static_cast<int>(outcome) + 3); }

// The first MSH line in bytes that are no message: at the start, or behind anything that could end a line or a frame.
std::string_view find_msh_line(std::string_view bytes) {
  for (std::size_t at = bytes.find("MSH"); at != bytes.npos; at = bytes.find("MSH", at + 1)) {
    const bool starts_line = at == 0 || static_cast<unsigned char>(bytes[at - 1]) <= ' ' || bytes[at - 1] == '\xBF';
    if (!starts_line) continue;
    const std::string_view rest = bytes.substr(at);
    return rest.substr(0, rest.find_first_of("\r\n"));
  }
  return {};
}

// What can be found of a header. Where the delimiters are what is broken, nothing else can be trusted.
Header salvage_header(std::string_view bytes) {
  const std::string_view line = find_msh_line(bytes);
  const auto delimiters = read_hl7_delimiters(line);
  return delimiters ? read_header(line, *delimiters) : Header{};
}

}  // namespace

std::string_view to_text(AckCode code) noexcept { return kCodes[static_cast<std::size_t>(code)]; }

bool is_accept(AckCode code) noexcept { return code == AckCode::aa || code == AckCode::ca; }

std::optional<AckCode> choose_ack(const Hl7Message& message, AckOutcome outcome, AckPolicy policy) {
  const std::string accept = message.get(Hl7Path{"MSH", 1, 15, 1, 1, 1});
  const std::string application = message.get(Hl7Path{"MSH", 1, 16, 1, 1, 1});
  if (accept.empty() && application.empty()) return original_code(outcome);
  if (wants(accept, outcome)) return enhanced_code(outcome);
  if (wants(application, outcome) || policy == AckPolicy::always) return original_code(outcome);
  return std::nullopt;
}

std::string build_ack(const Hl7Message& message, AckCode code, const std::optional<Error>& reason, Instant now,
                      std::string_view control_id) {
  const std::string_view all = message.bytes();
  const std::string_view line = all.substr(all.find("MSH"));
  const Header header = read_header(line.substr(0, line.find_first_of("\r\n")), message.delimiters());
  return AckBuilder(header, code).build(reason, now, control_id);
}

std::string build_ack_for_bytes(std::string_view bytes, AckOutcome outcome, const Error& reason, Instant now,
                                std::string_view control_id) {
  return AckBuilder(salvage_header(bytes), original_code(outcome)).build(reason, now, control_id);
}

Result<Hl7Ack> read_ack(const Hl7Message& message) {
  const auto text = [&](std::string_view segment, std::size_t field, std::size_t component) {
    return message.get(Hl7Path{std::string(segment), 1, field, 1, component, 1});
  };
  const auto known = std::find(kCodes.begin(), kCodes.end(), text("MSA", 1, 1));
  if (known == kCodes.end()) {
    return Error{ErrorCode::bad_hl7, "MSA-1 (acknowledgment code) is missing or unknown",
                 "an acknowledgement has a segment MSA with AA, AE, AR, CA, CE or CR"};
  }
  Hl7Ack ack;
  ack.code = static_cast<AckCode>(known - kCodes.begin());
  ack.control_id = text("MSA", 2, 1);
  if (ack.control_id.empty()) {
    return Error{ErrorCode::bad_hl7, "MSA-2 (message control id) is empty",
                 "the receiver must repeat our MSH-10 there"};
  }
  ack.error_code = text("ERR", 3, 1);
  for (const std::string& said : {text("MSA", 3, 1), text("ERR", 8, 1), text("ERR", 7, 1), text("ERR", 3, 2)}) {
    if (ack.text.empty()) ack.text = said;
  }
  return ack;
}

}  // namespace baton
