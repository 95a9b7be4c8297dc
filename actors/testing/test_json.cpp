#include "actors/testing/test_json.hpp"

#include "runtime/clinical/json_value.hpp"
#include "runtime/model/own_document.hpp"

namespace baton::testing {

JsonText json_text(const boost::json::value& value) {
  JsonText text;
  BATON_ASSERT(append_json_value(text, value));  // A Sandbox writes no number beyond a double.
  return text;
}

Arguments::Arguments(const JsonText& json) {
  auto value = parse_own_document(json.empty() ? "{}" : json);
  if (value.ok() && value->is_object()) object_ = std::move(value->get_object());
}

std::string Arguments::text(std::string_view name) const {
  const auto* value = object_.if_contains(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(*text);
}

std::int64_t Arguments::integer(std::string_view name, std::int64_t otherwise) const {
  const auto* value = object_.if_contains(name);
  return value == nullptr || !value->is_int64() ? otherwise : value->get_int64();
}

bool Arguments::flag(std::string_view name) const {
  const auto* value = object_.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

JsonText Arguments::json(std::string_view name) const {
  const auto* value = object_.if_contains(name);
  return value == nullptr ? JsonText() : json_text(*value);
}

std::optional<Arguments> Arguments::object(std::string_view name) const {
  const auto* value = object_.if_contains(name);
  const auto* object_value = value == nullptr ? nullptr : value->if_object();
  if (object_value == nullptr) return std::nullopt;
  return Arguments(*object_value);
}

}  // namespace baton::testing
