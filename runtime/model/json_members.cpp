#include "runtime/model/json_members.hpp"

#include <boost/json.hpp>
#include <utility>

namespace baton {

boost::json::object parse_object(const JsonText& text) {
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(text, error);
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
