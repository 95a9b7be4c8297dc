#include "runtime/engine/event_match.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "runtime/model/json_members.hpp"

namespace baton {
namespace {

// "data.status" -> the value there, or null.
const boost::json::value* at_path(const boost::json::value& root, std::string_view path) {
  const boost::json::value* value = &root;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    const std::string_view part = path.substr(0, dot);
    const auto* const object = value->if_object();
    if (object == nullptr) return nullptr;
    const auto found = object->find(boost::json::string_view(part.data(), part.size()));
    if (found == object->end()) return nullptr;
    value = &found->value();
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  return value;
}

bool type_matches(const boost::json::object& request, const std::string& type) {
  const auto* const types = request.if_contains("types");
  if (types == nullptr || !types->is_array()) return false;
  for (const auto& each : types->get_array()) {
    if (each.is_string() && matches_pattern({each.get_string().data(), each.get_string().size()}, type)) return true;
  }
  return false;
}

// A list of wanted values means any of them.
bool is_wanted(const boost::json::value& value, const boost::json::value& wanted) {
  const auto* const list = wanted.if_array();
  if (list == nullptr) return value == wanted;
  return std::find(list->begin(), list->end(), value) != list->end();
}

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view type) {
  if (!pattern.ends_with('*')) return pattern == type;
  return type.starts_with(pattern.substr(0, pattern.size() - 1));
}

bool event_satisfies(const JsonText& request, const std::string& type, const JsonText& event) {
  const boost::json::object asked = parse_object(request);
  if (!type_matches(asked, type)) return false;
  const auto* const where = asked.if_contains("where");
  if (where == nullptr || !where->is_object()) return true;
  const boost::json::value happened = parse_object(event);
  for (const auto& [path, wanted] : where->get_object()) {
    const auto* const value = at_path(happened, {path.data(), path.size()});
    if (value == nullptr || !is_wanted(*value, wanted)) return false;
  }
  return true;
}

}  // namespace baton
