#include "tests/gateway/http_server_fixture.hpp"

namespace baton {

void HttpServerTest::serve(HttpServerOptions options, HttpHandler handler) {
  if (!handler) {
    handler = [](HttpRequest request, Responder responder) {
      responder.send({200, "text/plain", request.method + " " + request.target + " " + request.body, {}});
    };
  }
  auto server = HttpServer::open(loop_, std::move(options), std::move(handler));
  ASSERT_TRUE(server.ok()) << to_string(server.error());
  server_ = std::move(*server);
}

}  // namespace baton
