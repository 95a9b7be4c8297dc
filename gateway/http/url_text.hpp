// Percent-encoding and query strings (RFC 3986). Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/result.hpp"

namespace baton {

using QueryParameters = std::vector<std::pair<std::string, std::string>>;

// Decodes %XX; with `plus_is_space` also '+'. Errors: bad_text for a broken escape, a control character, or text that is
// not UTF-8.
[[nodiscard]] Result<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
// Encodes everything but letters, digits and "-._~", so that the result can stand as one path segment or query value.
[[nodiscard]] std::string percent_encode(std::string_view text);
// "a=1&b=2", in order. Errors as percent_decode.
[[nodiscard]] Result<QueryParameters> parse_query(std::string_view query);

struct Url {
  bool tls = false;
  std::string host;
  std::uint16_t port = 80;
  std::string target;  // Path and query; never empty.
};
// "http://host[:port][/path][?query]" or https. Errors: bad_field.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

// A host as it stands before a port: an address of IPv6 in brackets.
[[nodiscard]] std::string host_before_port(const std::string& host);

}  // namespace baton
