// What a server answers over a real socket, for the tests that ask one.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "gateway/http/http_client.hpp"

namespace baton {

struct WireReply {
  int status = 0;  // 0: there was no answer, and `text` says why.
  HttpHeaders headers;
  std::string text;
  boost::json::value body;  // Null where the text is no JSON.
  // Of the body; empty where it has no such member.
  [[nodiscard]] std::string field(std::string_view name) const;
  [[nodiscard]] std::string header(std::string_view name) const { return std::string(find_header(headers, name)); }
  // "name=value" of the session's cookie.
  [[nodiscard]] std::string cookie() const;
};

// Sends the call and waits for its answer.
[[nodiscard]] WireReply ask_over_wire(HttpClient& client, HttpCall call);

}  // namespace baton
