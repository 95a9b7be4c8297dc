#include "runtime/model/call_shape.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <vector>

#include "runtime/base/instant.hpp"
#include "runtime/base/nearest_name.hpp"

namespace baton {
namespace {

namespace json = boost::json;
using Fault = std::optional<std::string>;

bool is_empty_table(const json::value& value) {
  return (value.is_object() && value.get_object().empty()) || (value.is_array() && value.get_array().empty());
}

bool is_name(const json::value& value) { return value.is_string() && !value.get_string().empty(); }

// Whether a value of this type can be of that kind at all. An empty table is a list as well.
bool has_type(const json::value& value, const Shape& shape) {
  switch (shape.kind) {
    case ShapeKind::any: return true;
    case ShapeKind::text:
    case ShapeKind::name:
    case ShapeKind::word: return value.is_string();
    case ShapeKind::nothing: return value.is_bool() && !value.get_bool();
    case ShapeKind::flag: return value.is_bool();
    case ShapeKind::number:
    case ShapeKind::count: return value.is_number();
    case ShapeKind::moment:
    case ShapeKind::step: return value.is_string() || value.is_number();
    case ShapeKind::names: return value.is_string() || value.is_array() || is_empty_table(value);
    case ShapeKind::list: return value.is_array() || is_empty_table(value);
    case ShapeKind::by_name:
    case ShapeKind::table: return value.is_object() || is_empty_table(value);
    case ShapeKind::one_of:
      return std::ranges::any_of(shape.choices, [&](const Shape* each) { return has_type(value, *each); });
  }
  return false;
}

std::string joined(std::span<const std::string_view> words, const char* quote) {
  std::string all;
  for (const std::string_view word : words) {
    all += (all.empty() ? "" : ", ") + (quote + std::string(word)) + quote;
  }
  return all;
}

std::string wanted_by(const Shape& shape) {
  switch (shape.kind) {
    case ShapeKind::any: return "a value";
    case ShapeKind::text: return "a text";
    case ShapeKind::name: return "a text that is not empty";
    case ShapeKind::word: return "one of " + joined(shape.words, "\"");
    case ShapeKind::nothing: return "false";
    case ShapeKind::flag: return "true or false";
    case ShapeKind::number: return "a number";
    case ShapeKind::count: return "a whole number of at least 1";
    case ShapeKind::moment: return "a duration such as \"4h\", or a time";
    case ShapeKind::step: return "\"due\", a duration around it such as \"-30m\", or a time";
    case ShapeKind::names: return "a text, or a list of texts, none of them empty";
    case ShapeKind::list: return "a list";
    case ShapeKind::by_name:
    case ShapeKind::table: return "a table with names";
    case ShapeKind::one_of: break;
  }
  std::string all;
  for (const Shape* each : shape.choices) all += (all.empty() ? "" : ", or ") + wanted_by(*each);
  return all;
}

std::string what_it_is(const json::value& value) {
  constexpr std::size_t kShown = 60;
  if (value.is_string()) {
    const std::string_view text = value.get_string();
    // No longer than a line, and never cut within a character.
    return text.size() > kShown ? "a text of " + std::to_string(text.size()) + " bytes" : json::serialize(value);
  }
  if (value.is_bool() || value.is_number() || value.is_null()) return json::serialize(value);
  if (is_empty_table(value)) return "an empty table";
  return value.is_array() ? "a list" : "a table with names";
}

Fault not_wanted(const json::value& value, const Shape& shape, const std::string& path) {
  return path + " must be " + wanted_by(shape) + ", not " + what_it_is(value);
}

std::string below(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : path + "." + std::string(name);
}

bool is_duration(std::string_view text, bool may_have_sign) {
  if (may_have_sign && !text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return parse_duration(text).ok();
}

Fault fault_in_time(const json::value& value, const Shape& shape, const std::string& path) {
  if (const std::int64_t* const at = value.if_int64()) {
    if (*at > kLastInstant.ms) {
      return path + " is the number " + std::to_string(*at) + ", which is no time of the years 0 to 9999";
    }
    if (*at < 0 || *at >= kFirstTimeMs) return std::nullopt;
    return path + " is the number " + std::to_string(*at) +
           ", which as a time is before 1980; a length of time is a text such as \"1h\"";
  }
  const bool step = shape.kind == ShapeKind::step;
  if (const json::string* const text = value.if_string()) {
    const std::string_view said = *text;
    if (is_duration(said, step) || (step ? said == "due" : parse_instant(said).ok())) return std::nullopt;
  }
  return not_wanted(value, shape, path);
}

Fault fault_in_names(const json::value& value, const Shape& shape, const std::string& path) {
  if (is_name(value) || is_empty_table(value)) return std::nullopt;
  const json::array* const list = value.if_array();
  if (list != nullptr && std::ranges::all_of(*list, is_name)) return std::nullopt;
  return not_wanted(value, shape, path);
}

Fault fault_in_list(const json::value& value, const Shape& shape, const std::string& path) {
  if (is_empty_table(value)) return path + " is empty: leave it out, or say what belongs there";
  if (!value.is_array()) return not_wanted(value, shape, path);
  std::size_t place = 0;
  for (const json::value& each : value.get_array()) {
    if (Fault fault = fault_in(each, *shape.each, path + "[" + std::to_string(++place) + "]")) return fault;
  }
  return std::nullopt;
}

Fault fault_in_fields(const json::object& table, const Shape& shape, const std::string& path) {
  for (const auto& [name, each] : table) {
    if (std::ranges::find(shape.fields, std::string_view(name), &ShapeField::name) != shape.fields.end()) continue;
    std::vector<std::string_view> known;
    for (const ShapeField& field : shape.fields) known.push_back(field.name);
    return (path.empty() ? "" : path + ": ") + unknown_name(name, known);
  }
  for (const ShapeField& field : shape.fields) {
    const json::value* const found = table.if_contains(field.name);
    const bool left_out = found == nullptr || (found->is_null() && shape.null_is_nothing);
    if (left_out && field.required) return below(path, field.name) + " is missing";
    if (left_out || field.shape->kind == ShapeKind::any) continue;
    if (Fault fault = fault_in(*found, *field.shape, below(path, field.name))) return fault;
  }
  return std::nullopt;
}

Fault fault_in_table(const json::value& value, const Shape& shape, const std::string& path) {
  static const json::object kEmpty;
  if (!value.is_object() && !is_empty_table(value)) return not_wanted(value, shape, path);
  return fault_in_fields(value.is_object() ? value.get_object() : kEmpty, shape, path);
}

}  // namespace

std::string unknown_name(std::string_view wanted, const std::vector<std::string_view>& names) {
  constexpr std::size_t kShown = 60;
  const std::string shown = wanted.size() > kShown ? "a name of " + std::to_string(wanted.size()) + " bytes"
                                                   : "'" + std::string(wanted) + "'";
  const std::string_view nearest = nearest_name(wanted, names);
  return "there is no " + shown + (nearest.empty() ? "" : "; did you mean '" + std::string(nearest) + "'?") +
         (nearest.empty() ? "; it takes: " : " It takes: ") + joined(names, "");
}

Fault fault_in(const json::object& table, const Shape& shape) { return fault_in_fields(table, shape, ""); }

Fault fault_in(const json::value& value, const Shape& shape, const std::string& path) {
  switch (shape.kind) {
    case ShapeKind::any: return std::nullopt;
    case ShapeKind::moment:
    case ShapeKind::step: return fault_in_time(value, shape, path);
    case ShapeKind::names: return fault_in_names(value, shape, path);
    case ShapeKind::list: return fault_in_list(value, shape, path);
    case ShapeKind::table: return fault_in_table(value, shape, path);
    case ShapeKind::by_name:
      if (!value.is_object()) break;
      for (const auto& [name, each] : value.get_object()) {
        if (Fault fault = fault_in(each, *shape.each, below(path, name))) return fault;
      }
      return std::nullopt;
    case ShapeKind::one_of:
      for (const Shape* choice : shape.choices) {
        if (has_type(value, *choice)) return fault_in(value, *choice, path);
      }
      break;
    case ShapeKind::name:
      if (is_name(value)) return std::nullopt;
      break;
    case ShapeKind::count:
      if (value.is_int64() && value.get_int64() >= 1) return std::nullopt;
      break;
    case ShapeKind::word:
      if (value.is_string() &&
          std::ranges::find(shape.words, std::string_view(value.get_string())) != shape.words.end())
        return std::nullopt;
      break;
    case ShapeKind::text:
    case ShapeKind::nothing:
    case ShapeKind::flag:
    case ShapeKind::number:
      if (has_type(value, shape)) return std::nullopt;
      break;
  }
  std::string_view said = value.is_string() ? std::string_view(value.get_string()) : std::string_view();
  const std::string_view nearest =
      shape.kind == ShapeKind::word ? nearest_name(said, {shape.words.begin(), shape.words.end()}) : std::string_view();
  return *not_wanted(value, shape, path) + (nearest.empty() ? "" : "; did you mean \"" + std::string(nearest) + "\"?");
}

}  // namespace baton
