#include "gateway/console/console.hpp"

#include "gateway/console/console_table.hpp"
#include "gateway/http/problem.hpp"

namespace baton {
namespace {

// Everything from here, nothing inline; and no other site may frame a page, or learn from where its visitor came.
const HttpHeaders kPageHeaders = {
    {"Content-Security-Policy",
     "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
};

bool takes_gzip(const HttpRequest& request) {
  return request.header("Accept-Encoding").find("gzip") != std::string_view::npos;
}

// True when the client has this content already. A weak tag is the same here.
bool has_it(const HttpRequest& request, const std::string& tag) {
  const std::string_view known = request.header("If-None-Match");
  return known == "*" || known.find(tag) != std::string_view::npos;
}

void send_file(const HttpRequest& request, Responder& responder, const ConsoleFile& file, const char* caching) {
  const std::string tag = "\"" + std::string(file.hash) + "\"";
  HttpResponse response{200, std::string(file.type), "", kPageHeaders};
  response.headers.emplace_back("ETag", tag);
  response.headers.emplace_back("Cache-Control", caching);
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (has_it(request, tag)) {
    response.status = 304;
  } else if (takes_gzip(request)) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = file.gzip;
  } else {
    response.body = file.content;
  }
  responder.send(std::move(response));
}

void send_page(const RoutedRequest& request, Responder responder) {
  const auto page = console_file("index.html");
  if (!page) {
    return responder.send(problem_of({ErrorCode::not_found, "this server was built without the console",
                                      "build it with -DBATON_CONSOLE=ON, or use the API; see /openapi.json"}));
  }
  send_file(request.http, responder, *page, "no-cache");
}

// Their names change with their content, so they may be kept for good.
void send_asset(const RoutedRequest& request, Responder responder) {
  const auto file = console_file("assets/" + request.at("name"));
  if (!file) {
    return responder.send(problem_of({ErrorCode::not_found, "the console has no such file", "load the page again"}));
  }
  send_file(request.http, responder, *file, "public, max-age=31536000, immutable");
}

}  // namespace

std::optional<ConsoleFile> console_file(std::string_view path) {
  for (unsigned i = 0; i < kConsoleRowCount; ++i) {
    const ConsoleRow& row = kConsoleRows[i];
    if (row.path != path) continue;
    return ConsoleFile{row.type, row.hash, std::string_view(row.begin, static_cast<std::size_t>(row.end - row.begin)),
                       std::string_view(row.gzip_begin, static_cast<std::size_t>(row.gzip_end - row.gzip_begin))};
  }
  return std::nullopt;
}

const std::vector<std::string>& console_pages() {
  static const std::vector<std::string> kPages = {
      "/",
      "/inbox",
      "/inbox/{task}",
      "/alerts",
      "/board",
      "/duty",
      "/cases/{instance}",
      "/patients",
      "/patients/{patient}",
      "/charts",
      "/incidents",
      "/messages",
      "/audit",
      "/access",
      "/sign-in",
  };
  return kPages;
}

void add_console_routes(HttpRouter& router) {
  for (const std::string& path : console_pages()) {
    router.add(
        {"GET", path, "", "A page of the console.", {{"*", "For the page itself."}}, "", "text/html", 200, send_page});
  }
  router.add({"GET", "/assets/{name}", "", "A file of the console.", {}, "", "Any", 200, send_asset});
}

}  // namespace baton
