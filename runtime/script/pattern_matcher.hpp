// Lua 5.4 patterns, with a bound: the same language and the same answers as Lua's own matcher, but each step is counted,
// so that catastrophic backtracking ends in an error. (Stock Lua's matcher runs in C, where no hook reaches: a subject of
// 200 characters can keep it busy for hours.) Owned by one call.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <lua.hpp>

namespace baton::script {

class PatternMatcher {
 public:
  // Borrows both texts. `pattern` comes without its anchor. `most_steps` bounds all matches made by this object.
  PatternMatcher(lua_State* state, std::string_view subject, std::string_view pattern, std::uint64_t most_steps);

  // The end of the match that begins at `start`, or null. Sets the captures. Raises for a malformed pattern, for one that
  // nests too deeply, and when the steps are used up.
  const char* match_at(const char* start);

  // Pushes all captures; the whole match [start, end) when the pattern has none and `start` is not null. Returns how many.
  int push_captures(const char* start, const char* end);
  // Pushes capture `index` (from 0); the whole match stands for the first capture of a pattern without any.
  void push_capture(int index, const char* start, const char* end);

  [[nodiscard]] const char* subject_end() const { return subject_end_; }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

 private:
  static constexpr int kMostCaptures = 32;
  static constexpr std::ptrdiff_t kOpen = -1;      // Not closed yet.
  static constexpr std::ptrdiff_t kPosition = -2;  // "()": captures the position.
  struct Capture {
    const char* from;
    std::ptrdiff_t size;
  };
  struct Depth;

  void step();
  [[nodiscard]] char pattern_at(const char* at) const { return at < pattern_end_ ? *at : '\0'; }
  const char* item_end(const char* item);
  [[nodiscard]] bool set_contains(unsigned char c, const char* set, const char* closing) const;
  bool matches_one(const char* at, const char* item, const char* end);
  const char* match(const char* at, const char* pattern);
  const char* match_most(const char* at, const char* item, const char* end);
  const char* match_least(const char* at, const char* item, const char* end);
  const char* match_balanced(const char* at, const char* delimiters);
  bool at_frontier(const char* at, const char* set, const char* end);
  const char* match_same_again(const char* at, char digit);
  const char* open_capture(const char* at, const char* rest, std::ptrdiff_t kind);
  const char* close_capture(const char* at, const char* rest);

  lua_State* state_;
  const char* subject_;
  const char* subject_end_;
  const char* pattern_;
  const char* pattern_end_;
  std::uint64_t steps_ = 0;
  std::uint64_t most_steps_;
  int depth_ = 0;
  int captures_used_ = 0;  // How many captures the match has so far, closed ones included.
  std::array<Capture, kMostCaptures> captures_;
};

}  // namespace baton::script
