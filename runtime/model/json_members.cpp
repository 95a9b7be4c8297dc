#include "runtime/model/json_members.hpp"

#include <boost/json.hpp>
#include <utility>

#include "runtime/base/limits.hpp"
#include "runtime/model/own_document.hpp"

namespace baton {

boost::json::object parse_object(const JsonText& text) {
  boost::json::parse_options options;
  options.max_depth = limits::kJsonDepth + kOwnLevels;
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(text, error, {}, options);
  return !error && value.is_object() ? std::move(value.get_object()) : boost::json::object();
}

std::string text_at(const boost::json::object& object, std::string_view name) {
  const boost::json::value* const value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool flag_at(const boost::json::object& object, std::string_view name) {
  const boost::json::value* const value = object.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

const boost::json::object* object_at(const boost::json::object& object, std::string_view name) {
  const boost::json::value* const value = object.if_contains(name);
  return value != nullptr ? value->if_object() : nullptr;
}

}  // namespace baton
