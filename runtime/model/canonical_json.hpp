// RFC 8785: the one text of a JSON value, so that its hash is the value's. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace baton {

// Appends the canonical form of `json`: keys sorted by UTF-16 code units, numbers as ECMAScript prints doubles, no
// white space. Of a key that stands twice the last counts. False, and `out` as it was, when `json` is not JSON in
// UTF-8 or is nested deeper than what parse_own_document reads.
[[nodiscard]] bool append_canonical_json(std::string& out, std::string_view json);

}  // namespace baton
