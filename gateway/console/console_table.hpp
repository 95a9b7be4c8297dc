// The files of the console as the build packs them (cmake/EmbedConsole.cmake). For console.cpp only.
#pragma once

namespace baton {

struct ConsoleRow {
  const char* path;  // From the bundle's root: "index.html", "assets/index-4f2a91c0.js".
  const char* type;  // Its Content-Type.
  const char* hash;  // Of its content, hex.
  const char* begin;
  const char* end;
  const char* gzip_begin;
  const char* gzip_end;
};
extern const ConsoleRow* const kConsoleRows;
extern const unsigned kConsoleRowCount;

}  // namespace baton
