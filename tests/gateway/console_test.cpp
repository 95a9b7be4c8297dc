// How the console's pages and files are served, as the wire shows it.
#include "gateway/console/console.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "tests/gateway/raw_client.hpp"

namespace baton {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ConsoleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    add_console_routes(router_);
    auto server = HttpServer::open(loop_, {}, [this](HttpRequest request, Responder responder) {
      router_.dispatch(std::move(request), std::move(responder));
    });
    ASSERT_TRUE(server.ok()) << to_string(server.error());
    server_ = std::move(*server);
  }
  std::string get(const std::string& path, const std::string& headers = "") {
    RawClient wire(server_->port());
    wire.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "Connection: close\r\n\r\n");
    return wire.read_answer();
  }
  // The first file that the page loads.
  static std::string asset() {
    const std::string page(console_file("index.html")->content);
    std::smatch found;
    EXPECT_TRUE(std::regex_search(page, found, std::regex("src=\"(/assets/[^\"]+)\"")));
    return found[1];
  }

  IoLoop loop_;
  HttpRouter router_;
  std::unique_ptr<HttpServer> server_;
};

#define NEEDS_CONSOLE() \
  if (!console_file("index.html")) GTEST_SKIP() << "built with -DBATON_CONSOLE=OFF"

TEST_F(ConsoleTest, a_program_without_a_console_says_so_at_its_address) {
  if (console_file("index.html")) return;
  EXPECT_THAT(get("/"), HasSubstr("built without the console"));
}

TEST_F(ConsoleTest, every_page_is_served_and_may_load_nothing_from_elsewhere_or_inline) {
  NEEDS_CONSOLE();
  for (const std::string& path : console_pages()) {
    const std::string answer = get(std::regex_replace(path, std::regex("\\{[^}]+\\}"), "one"));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/html")) << path;
    EXPECT_THAT(answer, HasSubstr("Content-Security-Policy: default-src 'self';")) << path;
    EXPECT_THAT(answer, Not(HasSubstr("unsafe"))) << path;
    EXPECT_THAT(answer, HasSubstr("X-Content-Type-Options: nosniff")) << path;
    EXPECT_THAT(answer, HasSubstr("Cache-Control: no-cache")) << path;
  }
}

TEST_F(ConsoleTest, the_page_holds_no_script_or_style_of_its_own) {
  NEEDS_CONSOLE();
  const std::string page(console_file("index.html")->content);
  EXPECT_FALSE(std::regex_search(page, std::regex("<script(?![^>]*src=)"))) << page;
  EXPECT_THAT(page, Not(HasSubstr("<style")));
  EXPECT_THAT(page, Not(HasSubstr("://")));
}

TEST_F(ConsoleTest, files_may_be_kept_for_good_and_come_compressed_to_who_takes_that) {
  NEEDS_CONSOLE();
  const std::string plain = get(asset());
  EXPECT_THAT(plain, HasSubstr("Content-Type: text/javascript"));
  EXPECT_THAT(plain, HasSubstr("max-age=31536000, immutable"));
  EXPECT_THAT(plain, Not(HasSubstr("Content-Encoding")));
  const std::string compressed = get(asset(), "Accept-Encoding: br, gzip\r\n");
  EXPECT_THAT(compressed, HasSubstr("Content-Encoding: gzip\r\n"));
  EXPECT_THAT(compressed, HasSubstr("Vary: Accept-Encoding\r\n"));
  EXPECT_LT(compressed.size() * 2, plain.size());
}

TEST_F(ConsoleTest, what_a_browser_has_already_is_not_sent_again) {
  NEEDS_CONSOLE();
  const std::string tag = "\"" + std::string(console_file("index.html")->hash) + "\"";
  EXPECT_THAT(get("/", "If-None-Match: W/" + tag + "\r\n"), StartsWith("HTTP/1.1 304 Not Modified\r\n"));
  EXPECT_THAT(get("/", "If-None-Match: \"another\"\r\n"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(ConsoleTest, a_file_that_a_newer_build_no_longer_has_is_not_found) {
  EXPECT_THAT(get("/assets/index-00000000.js"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(get("/assets/..%2Findex.html"), StartsWith("HTTP/1.1 404"));
}

}  // namespace
}  // namespace baton
