// A server that answers with what it was asked, or as a test's own handler says.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "gateway/http/http_server.hpp"
#include "tests/gateway/raw_client.hpp"

namespace baton {

class HttpServerTest : public ::testing::Test {
 protected:
  void serve(HttpServerOptions options = {}, HttpHandler handler = nullptr);
  RawClient client() { return RawClient(server_->port()); }

  IoLoop loop_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace baton
