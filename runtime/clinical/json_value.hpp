// Writing a parsed JSON value back as compact text. Pure.
#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace baton {

// Appends `value` as compact JSON; keys keep their order, numbers are written as RFC 8785 does. False when a number is
// beyond a double, and then `out` is unusable. Recursion is as deep as the value, which the parser bounds.
[[nodiscard]] bool append_json_value(std::string& out, const boost::json::value& value);

}  // namespace baton
