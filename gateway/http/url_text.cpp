#include "gateway/http/url_text.hpp"

#include <boost/url/parse.hpp>
#include <charconv>

#include "runtime/base/json_text.hpp"

namespace baton {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Error bad_text(const std::string& what) { return {ErrorCode::bad_text, what, "percent-encode UTF-8 text"}; }

}  // namespace

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) return bad_text("a percent escape in the URL is broken");
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return bad_text("the URL holds a control character");
    out.push_back(c);
  }
  if (!is_valid_utf8(out)) return bad_text("the URL is not valid UTF-8");
  return out;
}

std::string percent_encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
  return out;
}

Result<QueryParameters> parse_query(std::string_view query) {
  QueryParameters parameters;
  while (!query.empty()) {
    const std::string_view one = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), one.size() + 1));
    if (one.empty()) continue;
    const std::size_t equals = one.find('=');
    auto name = percent_decode(one.substr(0, equals), true);
    if (!name) return std::move(name).error();
    auto value = percent_decode(equals == std::string_view::npos ? "" : one.substr(equals + 1), true);
    if (!value) return std::move(value).error();
    parameters.emplace_back(std::move(*name), std::move(*value));
  }
  return parameters;
}

Result<Url> parse_url(std::string_view text) {
  const auto refuse = [&](const std::string& why) {
    return Error{ErrorCode::bad_field, "'" + std::string(text) + "' " + why, "write it as http://host:port/path"};
  };
  const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  if (!parsed) return refuse("is not a URL");
  Url url;
  const auto scheme = parsed->scheme();
  if (scheme != "http" && scheme != "https") return refuse("is neither http nor https");
  url.tls = scheme == "https";
  url.host = parsed->host_address();
  if (url.host.empty()) return refuse("has no host");
  url.port = url.tls ? 443 : 80;
  if (parsed->has_port()) {  // port_number() keeps the last 16 bits of a number that has more.
    const std::string_view digits(parsed->port().data(), parsed->port().size());
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), url.port);
    if (error != std::errc() || end != digits.data() + digits.size() || url.port == 0) {
      return refuse("has no usable port");
    }
  }
  url.target = parsed->encoded_path().empty() ? "/" : std::string(parsed->encoded_path());
  if (parsed->has_query()) url.target += "?" + std::string(parsed->encoded_query());
  return url;
}

std::string host_before_port(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace baton
