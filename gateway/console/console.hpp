// The console's pages and files, as HTTP serves them. They hold no data of anybody: everything that a page shows it asks
// the API for, so they are for everyone who reaches the server.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "gateway/http/http_router.hpp"

namespace baton {

struct ConsoleFile {
  std::string_view type, hash, content, gzip;
};
// A file of the bundle by its path in it; nothing when there is none, or this program was built without a console.
[[nodiscard]] std::optional<ConsoleFile> console_file(std::string_view path);

// The addresses at which the page is served; which of its views it then shows, it finds out itself. The same list as the
// routes in console/src/app.tsx.
[[nodiscard]] const std::vector<std::string>& console_pages();

void add_console_routes(HttpRouter& router);

}  // namespace baton
