#include "persistence/sql/bounded_functions.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <string>
#include <string_view>

namespace baton::sql {
namespace {

using MustEnd = std::function<bool()>;
using Values = sqlite3_value**;

// The value's text; valid until the value is asked for another type.
std::string_view view_of(sqlite3_value* value) {
  const auto* const text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

bool any_is_null(int count, Values values) {
  const auto is_null = [](sqlite3_value* each) { return sqlite3_value_type(each) == SQLITE_NULL; };
  return std::any_of(values, values + count, is_null);
}

// True when it is not to be called: the result is null, or the query ends.
bool is_settled(sqlite3_context* out, int count, Values values) {
  if ((*static_cast<MustEnd*>(sqlite3_user_data(out)))()) {
    sqlite3_result_error_code(out, SQLITE_INTERRUPT);
    return true;
  }
  return any_is_null(count, values);
}

void give(sqlite3_context* out, std::string_view text) {
  sqlite3_result_text64(out, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

// In time that grows with the sum of both, unlike std::string_view::find.
std::size_t find_in(std::string_view text, std::string_view wanted) {
  const void* const at = ::memmem(text.data(), text.size(), wanted.data(), wanted.size());
  return at == nullptr ? std::string_view::npos : static_cast<std::size_t>(static_cast<const char*>(at) - text.data());
}

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

std::size_t first_size(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && continues(text[size])) ++size;
  return size;
}

std::size_t last_size(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && continues(text[text.size() - size])) ++size;
  return size;
}

// ---- like and glob -------------------------------------------------------------------------------------------------------

bool is_short(sqlite3_context* out, std::string_view pattern) {
  const int most = sqlite3_limit(sqlite3_context_db_handle(out), SQLITE_LIMIT_LIKE_PATTERN_LENGTH, -1);
  if (pattern.size() <= static_cast<std::size_t>(most)) return true;
  sqlite3_result_error(out, "LIKE or GLOB pattern too complex", -1);
  return false;
}

// like(pattern, text) and like(pattern, text, escape). An escape is one ASCII character.
void like(sqlite3_context* out, int count, Values values) {
  if (is_settled(out, count, values)) return;
  const std::string_view pattern = view_of(values[0]);
  if (!is_short(out, pattern)) return;
  unsigned int escape = 0;
  if (count == 3) {
    const std::string_view text = view_of(values[2]);
    if (text.size() != 1) return sqlite3_result_error(out, "ESCAPE expression must be a single character", -1);
    escape = static_cast<unsigned char>(text.front());
  }
  const char* const text = reinterpret_cast<const char*>(sqlite3_value_text(values[1]));
  sqlite3_result_int(out, sqlite3_strlike(pattern.data(), text, escape) == 0 ? 1 : 0);
}

void glob(sqlite3_context* out, int count, Values values) {
  if (is_settled(out, count, values)) return;
  const std::string_view pattern = view_of(values[0]);
  if (!is_short(out, pattern)) return;
  const char* const text = reinterpret_cast<const char*>(sqlite3_value_text(values[1]));
  sqlite3_result_int(out, sqlite3_strglob(pattern.data(), text) == 0 ? 1 : 0);
}

// ---- instr, replace, trim ------------------------------------------------------------------------------------------------

// Counts bytes in two blobs, else characters; from 1, and 0 where it is not.
void instr(sqlite3_context* out, int count, Values values) {
  if (is_settled(out, count, values)) return;
  const bool blobs = sqlite3_value_type(values[0]) == SQLITE_BLOB && sqlite3_value_type(values[1]) == SQLITE_BLOB;
  const std::string_view text = view_of(values[0]), wanted = view_of(values[1]);
  const std::size_t at = wanted.empty() ? 0 : find_in(text, wanted);
  if (at == std::string_view::npos) return sqlite3_result_int(out, 0);
  const std::string_view before = text.substr(0, at);
  const auto characters = std::count_if(before.begin(), before.end(), [](char each) { return !continues(each); });
  sqlite3_result_int64(out, 1 + (blobs ? static_cast<std::int64_t>(at) : static_cast<std::int64_t>(characters)));
}

void replace(sqlite3_context* out, int count, Values values) {
  if (is_settled(out, count, values)) return;
  std::string_view text = view_of(values[0]);
  const std::string_view wanted = view_of(values[1]), other = view_of(values[2]);
  if (wanted.empty()) return give(out, text);
  const int most = sqlite3_limit(sqlite3_context_db_handle(out), SQLITE_LIMIT_LENGTH, -1);
  std::string made;
  for (std::size_t at = find_in(text, wanted); at != std::string_view::npos; at = find_in(text, wanted)) {
    made.append(text.substr(0, at)).append(other);
    text.remove_prefix(at + wanted.size());
    if (made.size() > static_cast<std::size_t>(most)) return sqlite3_result_error_toobig(out);
  }
  made.append(text);
  if (made.size() > static_cast<std::size_t>(most)) return sqlite3_result_error_toobig(out);
  give(out, made);
}

enum Ends { kFirst = 1, kLast = 2 };

template <int ends>
void trim(sqlite3_context* out, int count, Values values) {
  if (is_settled(out, count, values)) return;
  std::string_view text = view_of(values[0]), given = view_of(values[1]);
  std::set<std::string_view> characters;
  for (; !given.empty(); given.remove_prefix(first_size(given))) characters.insert(given.substr(0, first_size(given)));
  while ((ends & kFirst) != 0 && !text.empty() && characters.contains(text.substr(0, first_size(text)))) {
    text.remove_prefix(first_size(text));
  }
  while ((ends & kLast) != 0 && !text.empty() && characters.contains(text.substr(text.size() - last_size(text)))) {
    text.remove_suffix(last_size(text));
  }
  give(out, text);
}

struct Function {
  const char* name;
  int arguments;
  void (*call)(sqlite3_context*, int, Values);
};

constexpr std::array kFunctions = {
    Function{"like", 2, like},          Function{"like", 3, like},         Function{"glob", 2, glob},
    Function{"instr", 2, instr},        Function{"replace", 3, replace},   Function{"trim", 2, trim<kFirst | kLast>},
    Function{"ltrim", 2, trim<kFirst>}, Function{"rtrim", 2, trim<kLast>},
};

}  // namespace

void add_bounded_functions(sqlite3* database, const std::function<bool()>& must_end) {
  for (const Function& each : kFunctions) {
    sqlite3_create_function_v2(database, each.name, each.arguments, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                               new MustEnd(must_end), each.call, nullptr, nullptr,
                               [](void* of) { delete static_cast<MustEnd*>(of); });
  }
}

bool may_call(const char* function) {
  // json_patch compares each field of one object with each of the other.
  return sqlite3_stricmp(function, "load_extension") != 0 && sqlite3_stricmp(function, "json_patch") != 0;
}

}  // namespace baton::sql
