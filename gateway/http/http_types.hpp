// An HTTP request and its answer as plain data. Pure.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace baton {

struct Caller;  // gateway/auth/caller.hpp

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// The first value of a header, by its name in any case; empty when there is none.
[[nodiscard]] std::string_view find_header(const HttpHeaders& headers, std::string_view name) noexcept;

// The media type that Content-Type names, in small letters and without its parameters (RFC 9110, 8.3.1); empty when there is
// none.
[[nodiscard]] std::string media_type_of(const HttpHeaders& headers);

struct HttpRequest {
  std::string method;  // "GET"
  std::string target;  // As it came: path and query, percent-encoded.
  HttpHeaders headers;
  std::string body;
  std::string client;                    // "127.0.0.1:40112"
  std::string certificate;               // Subject of the client's verified certificate, RFC 2253; empty without one.
  std::shared_ptr<const Caller> caller;  // Who asks, once the guard has established it.

  [[nodiscard]] std::string_view header(std::string_view name) const noexcept { return find_header(headers, name); }
  // The part of the target before and after the first '?'.
  [[nodiscard]] std::string_view path() const noexcept;
  [[nodiscard]] std::string_view query() const noexcept;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  HttpHeaders headers;  // Beside Content-Type, Content-Length and Connection, which the server writes.
};

// "Not Found"; empty for a status that HTTP does not name.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

}  // namespace baton
