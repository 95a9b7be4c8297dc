// JSON as text: how values travel between scripts, journal and wire. Pure.
//
// The engine never looks inside a value, so a value is carried as its compact JSON text (`JsonText`) and parsed only
// where somebody reads it. JsonWriter appends compact JSON to a string; keys are written in the order given, so a
// caller that wants RFC 8785 canonical form gives them sorted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace baton {

// Compact, valid UTF-8 JSON. Empty means "no value" (Lua's nil), which is not the same as "null".
using JsonText = std::string;

// Appends `text` as a JSON string with quotes; escapes as RFC 8785 does (shortest form, lower-case hex).
void append_json_string(std::string& out, std::string_view text);
// The shortest text that reads back as the same double, as ECMAScript prints it (RFC 8785 section 3.2.2.3).
// Precondition: finite.
void append_json_number(std::string& out, double value);

class JsonWriter {
 public:
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& string(std::string_view value);
  JsonWriter& integer(std::int64_t value);
  JsonWriter& number(double value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  // A value that is JSON text already; "no value" is written as null.
  JsonWriter& value(std::string_view json);

  // key() and value in one, for the common case.
  JsonWriter& field(std::string_view name, std::string_view text) { return key(name).string(text); }
  JsonWriter& field(std::string_view name, const char* text) { return key(name).string(text); }
  JsonWriter& field(std::string_view name, std::int64_t number) { return key(name).integer(number); }
  JsonWriter& field(std::string_view name, bool value) = delete;  // Say flag(): a pointer converts to bool.
  JsonWriter& flag(std::string_view name, bool value) { return key(name).boolean(value); }
  JsonWriter& json_field(std::string_view name, std::string_view json) { return key(name).value(json); }
  // Writes nothing when `text` is empty.
  JsonWriter& optional_field(std::string_view name, std::string_view text) {
    return text.empty() ? *this : field(name, text);
  }

  [[nodiscard]] const std::string& view() const { return out_; }
  [[nodiscard]] std::string take() && { return std::move(out_); }

 private:
  void separate();
  std::string out_;
  bool need_comma_ = false;
};

// True when `text` is well-formed UTF-8 without surrogates or overlong forms.
[[nodiscard]] bool is_valid_utf8(std::string_view text) noexcept;

}  // namespace baton
