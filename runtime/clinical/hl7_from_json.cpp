// hl7_from_json: the way back from the JSON shape to bytes, for messages that a script builds.
#include <boost/json/value.hpp>
#include <cmath>

#include "runtime/base/limits.hpp"
#include "runtime/clinical/hl7_json.hpp"
#include "runtime/model/json_fields.hpp"

namespace baton {
namespace {

namespace json = boost::json;

Error bad_place(const std::string& place, std::string_view wanted) {
  return {ErrorCode::bad_field, place + " is not " + std::string(wanted),
          "give a string, or arrays nested as field > repetitions > components > subcomponents"};
}

// The levels of a field from the outside in, with the delimiter that stands between the parts of each.
enum class Level { field, repetition, component };

class Encoder {
 public:
  Result<std::string> run(const json::value& document) {
    const json::value* segments = document.is_object() ? document.get_object().if_contains("segments") : nullptr;
    if (segments == nullptr || !segments->is_array()) return bad_place("segments", "an array");
    if (segments->get_array().size() > limits::kHl7Segments) return bad_place("segments", "of an allowed size");
    for (const json::value& segment : segments->get_array()) {
      const Status written = write_segment(segment);
      if (!written) return written.error();
      if (out_.size() > limits::kMllpMessageSize) {
        return Error{ErrorCode::too_large, "the message is larger than an MLLP frame may be", "split it"};
      }
    }
    // What leaves the house must be a message that a strict receiver reads.
    const auto message = Hl7Message::parse(out_);
    if (!message) return message.error();
    const Status known = message->require_control_id();
    if (!known) return known.error();
    return std::move(out_);
  }

 private:
  Status write_segment(const json::value& segment) {
    place_ = "segment " + std::to_string(++segments_);
    if (!segment.is_object()) return bad_place(place_, "an object with name and fields");
    const json::value* name = segment.get_object().if_contains("name");
    const json::value* fields = segment.get_object().if_contains("fields");
    if (name == nullptr || !name->is_string() || name->get_string().size() != 3) {
      return bad_place(place_ + " name", "a name of three letters");
    }
    name_ = std::string_view(name->get_string());
    for (const char c : name_) {
      if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
        return bad_place(place_ + " name", "in capitals or digits");
    }
    out_.append(name_);
    if (fields != nullptr && !fields->is_null()) {
      if (!fields->is_array()) return bad_place(place_ + " fields", "an array");
      const Status written = name_ == "MSH" ? write_header(fields->get_array()) : write_fields(fields->get_array(), 0);
      if (!written) return written;
    }
    out_.push_back('\r');
    return success();
  }

  Status write_header(const json::array& fields) {
    const std::string first = verbatim(fields, 0, "|");
    const std::string second = verbatim(fields, 1, "^~\\&");
    const auto found = read_hl7_delimiters("MSH" + first + second);
    if (!found) return found.error();
    if (first.size() != 1) return bad_place("MSH-1", "one character");
    delimiters_ = *found;
    out_.append(first).append(second);
    return write_fields(fields, 2);
  }

  // The one string in a field that is not split: MSH-1 and MSH-2.
  static std::string verbatim(const json::array& fields, std::size_t index, std::string_view otherwise) {
    const json::value* value = index < fields.size() ? &fields[index] : nullptr;
    while (value != nullptr && value->is_array()) {
      value = value->get_array().empty() ? nullptr : &value->get_array().front();
    }
    return std::string(value != nullptr && value->is_string() ? std::string_view(value->get_string()) : otherwise);
  }

  Status write_fields(const json::array& fields, std::size_t from) {
    for (std::size_t i = from; i < fields.size(); ++i) {
      out_.push_back(delimiters_.field);
      const Status written = write_value(fields[i], Level::field, i + 1);
      if (!written) return written;
    }
    return success();
  }

  // A level is an array of the level below, or its only text.
  Status write_value(const json::value& value, Level level, std::size_t field) {
    if (!value.is_array()) return write_text(value, field);
    const json::array& parts = value.get_array();
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const char delimiter = delimiter_of(level);
      if (i > 0 && delimiter == '\0') return bad_place(where(field), "possible with the delimiters of MSH-2");
      if (i > 0) out_.push_back(delimiter);
      const Status written = level == Level::component
                                 ? write_text(parts[i], field)
                                 : write_value(parts[i], static_cast<Level>(static_cast<int>(level) + 1), field);
      if (!written) return written;
    }
    return success();
  }

  Status write_text(const json::value& value, std::size_t field) {
    if (value.is_null()) return success();
    if (value.is_string()) {
      out_.append(escape_hl7(std::string_view(value.get_string()), delimiters_));
    } else if (value.is_int64()) {
      out_.append(std::to_string(value.get_int64()));
    } else if (value.is_double() && std::isfinite(value.get_double())) {
      append_json_number(out_, value.get_double());
    } else {
      return bad_place(where(field), "text or a number");
    }
    return success();
  }

  char delimiter_of(Level level) const {
    switch (level) {
      case Level::field: return delimiters_.repetition;
      case Level::repetition: return delimiters_.component;
      case Level::component: return delimiters_.subcomponent;
    }
    return '\0';
  }

  std::string where(std::size_t field) const { return name_ + "-" + std::to_string(field) + " (" + place_ + ")"; }

  Hl7Delimiters delimiters_;
  std::string out_;
  std::string place_;
  std::string name_;
  std::size_t segments_ = 0;
};

}  // namespace

Result<std::string> hl7_from_json(std::string_view text) {
  const auto document = parse_json_document(text);
  if (!document) return document.error();
  return Encoder().run(*document);
}

}  // namespace baton
