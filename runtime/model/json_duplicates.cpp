#include "runtime/model/json_duplicates.hpp"

#include <boost/json/parse.hpp>
#include <set>
#include <vector>

namespace baton {
namespace {

// The end of the string that begins at `at` with its quote: the place behind the closing one.
std::size_t end_of_string(std::string_view json, std::size_t at) noexcept {
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return at + 1;
}

// Calls string(begin, end) for each string and mark(c) for each { } [ ] : and comma outside of strings.
template <typename OnString, typename OnMark>
void walk(std::string_view json, OnString&& string, OnMark&& mark) {
  for (std::size_t at = 0; at < json.size();) {
    if (json[at] == '"') {
      const std::size_t end = end_of_string(json, at);
      string(at, end);
      at = end;
    } else {
      mark(json[at]);
      ++at;
    }
  }
}

}  // namespace

std::size_t count_written_members(std::string_view json) noexcept {
  std::size_t count = 0;
  walk(
      json, [](std::size_t, std::size_t) {}, [&count](char c) { count += c == ':' ? 1 : 0; });
  return count;
}

std::optional<std::string> find_duplicate_member(std::string_view json) {
  struct Level {
    std::set<std::string> names;
    std::string name;  // Whose value is being read.
  };
  std::vector<Level> levels;
  std::string last;  // The last string, which is a name when a colon follows.
  std::optional<std::string> found;
  const auto take_name = [&] {
    Level& level = levels.back();
    level.name = last;
    if (level.names.insert(last).second || found) return;
    found.emplace();
    for (const Level& each : levels) {
      if (!each.name.empty()) *found += (found->empty() ? "" : ".") + each.name;
    }
  };
  walk(
      json,
      [&](std::size_t begin, std::size_t end) {
        boost::json::error_code failed;
        const auto text = boost::json::parse(json.substr(begin, end - begin), failed);
        last = failed || !text.is_string() ? std::string() : std::string(text.get_string());
      },
      [&](char c) {
        if (c == '{' || c == '[') levels.emplace_back();
        if ((c == '}' || c == ']') && !levels.empty()) levels.pop_back();
        if (c == ':' && !levels.empty()) take_name();
      });
  return found;
}

}  // namespace baton
