// What a JSON object says under a name, where a document of our own code is read: what is absent or of another kind is empty. For what
// people write, where each wrong field is told, see json_fields.hpp. Pure.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "runtime/base/json_text.hpp"

namespace baton {

// Empty where the text is no object.
[[nodiscard]] boost::json::object parse_object(const JsonText& text);
[[nodiscard]] std::string text_at(const boost::json::object& object, std::string_view name);
[[nodiscard]] bool flag_at(const boost::json::object& object, std::string_view name);
// Null where there is none; borrowed from `object`.
[[nodiscard]] const boost::json::object* object_at(const boost::json::object& object, std::string_view name);

}  // namespace baton
