// Outbound HTTP: activities and the CLI go through it. Verifies TLS, reuses connections, follows no redirect, and bounds
// what the other side can make it hold or wait for. Any thread; answers come on the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "actors/node.hpp"
#include "gateway/net/byte_stream.hpp"

namespace baton {

struct HttpClientOptions {
  std::string authority_file;  // PEM; trusted beside the system's authorities.
  std::size_t response_size = 8u << 20;
  std::size_t connections_per_host = 64;  // Further calls wait for one of them.
  Duration idle_timeout{30'000};
  bool only_this_authority = false;  // authority_file instead of the system's.
  std::string peer_name{};           // With authority_file: whom certificates have to be for; empty: the URL's host.
};

// Errors of send(): bad_field (URL, method or header), unreachable (no connection, broken, or no answer in time),
// too_large. A call is sent again only when a kept connection turned out to be closed before any byte of the answer,
// and its method is one that may be repeated (RFC 9110 section 9.2.2) or it carries an Idempotency-Key.
class HttpClient : public HttpPort {
 public:
  // Errors: bad_config for the authority file.
  static Result<std::shared_ptr<HttpClient>> make(IoLoop& loop, HttpClientOptions options = {});
  // Calls under way are answered unreachable.
  ~HttpClient() override;
  void send(HttpCall call, std::function<void(Result<HttpAnswer>)> done) override;

 private:
  struct State;
  explicit HttpClient(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace baton
