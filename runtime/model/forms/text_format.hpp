// The formats of JSON Schema that a form asserts: date, time, date-time, email, uri, uuid. Pure.
#pragma once

#include <string_view>

namespace baton::forms {

// False for a text that is not of the format. A format that is not known here says nothing: true.
[[nodiscard]] bool has_format(std::string_view text, std::string_view format);
[[nodiscard]] bool is_known_format(std::string_view format);

}  // namespace baton::forms
