#include "persistence/cursor.hpp"

#include "runtime/base/sha256.hpp"

namespace baton {
namespace {

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::string write_cursor(Listing listing, std::string_view place) {
  std::string bytes(1, static_cast<char>(listing));
  bytes.append(place);
  return to_hex(bytes);
}

Result<std::string> read_cursor(Listing listing, std::string_view cursor) {
  if (cursor.empty()) return std::string();
  const Error bad{ErrorCode::bad_cursor, "the cursor is not one of this listing",
                  "give the cursor of the page before, or none"};
  if (cursor.size() % 2 != 0) return bad;
  std::string bytes;
  for (std::size_t i = 0; i < cursor.size(); i += 2) {
    const int high = digit_of(cursor[i]);
    const int low = digit_of(cursor[i + 1]);
    if (high < 0 || low < 0) return bad;
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  if (bytes.size() < 2 || static_cast<Listing>(bytes.front()) != listing) return bad;
  return bytes.substr(1);
}

}  // namespace baton
