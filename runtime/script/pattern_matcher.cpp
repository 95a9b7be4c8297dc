#include "runtime/script/pattern_matcher.hpp"

#include <cstring>

namespace baton::script {
namespace {

constexpr int kMostDepth = 200;  // As in stock Lua.
constexpr char kEscape = '%';

// The character classes, for ASCII whatever the locale of the process is.
constexpr bool is_lower(unsigned char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_upper(unsigned char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_alpha(unsigned char c) { return is_lower(c) || is_upper(c); }
constexpr bool is_digit(unsigned char c) { return c >= '0' && c <= '9'; }
constexpr bool is_graph(unsigned char c) { return c > 0x20 && c < 0x7F; }
constexpr bool is_hex(unsigned char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
constexpr bool is_space(unsigned char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// True when `c` is in %<letter>; any other character after % stands for itself.
bool in_class(unsigned char c, unsigned char letter) {
  bool in = false;
  switch (is_upper(letter) ? letter + ('a' - 'A') : letter) {
    case 'a': in = is_alpha(c); break;
    case 'c': in = c < 0x20 || c == 0x7F; break;
    case 'd': in = is_digit(c); break;
    case 'g': in = is_graph(c); break;
    case 'l': in = is_lower(c); break;
    case 'p': in = is_graph(c) && !is_alpha(c) && !is_digit(c); break;
    case 's': in = is_space(c); break;
    case 'u': in = is_upper(c); break;
    case 'w': in = is_alpha(c) || is_digit(c); break;
    case 'x': in = is_hex(c); break;
    case 'z': in = c == 0; break;
    default: return c == letter;
  }
  return is_upper(letter) ? !in : in;
}

}  // namespace

struct PatternMatcher::Depth {
  explicit Depth(PatternMatcher& matcher) : matcher_(matcher) {
    if (++matcher_.depth_ > kMostDepth) luaL_error(matcher_.state_, "pattern too complex");
  }
  ~Depth() { --matcher_.depth_; }
  PatternMatcher& matcher_;
};

PatternMatcher::PatternMatcher(lua_State* state, std::string_view subject, std::string_view pattern,
                               std::uint64_t most_steps)
    : state_(state),
      subject_(subject.data()),
      subject_end_(subject.data() + subject.size()),
      pattern_(pattern.data()),
      pattern_end_(pattern.data() + pattern.size()),
      most_steps_(most_steps) {}

const char* PatternMatcher::match_at(const char* start) {
  captures_used_ = 0;
  depth_ = 0;
  return match(start, pattern_);
}

void PatternMatcher::step() {
  if (++steps_ > most_steps_)
    luaL_error(state_, "the pattern needs too many steps on this text: make it simpler, or anchor it");
}

// The end of the single-character item (letter, class, set) that begins at `item`.
const char* PatternMatcher::item_end(const char* item) {
  const char first = *item++;
  if (first == kEscape) {
    if (item == pattern_end_) luaL_error(state_, "malformed pattern (ends with '%%')");
    return item + 1;
  }
  if (first != '[') return item;
  if (pattern_at(item) == '^') ++item;
  do {  // The first character of a set stands for itself, even ']'.
    if (item == pattern_end_) luaL_error(state_, "malformed pattern (missing ']')");
    if (*item++ == kEscape && item < pattern_end_) ++item;
  } while (item == pattern_end_ || *item != ']');
  return item + 1;
}

// `set` is at '[', `closing` at its ']'.
bool PatternMatcher::set_contains(unsigned char c, const char* set, const char* closing) const {
  const auto byte = [](const char* at) { return static_cast<unsigned char>(*at); };
  const bool negated = set[1] == '^';
  const char* at = set + (negated ? 2 : 1);
  while (at < closing) {
    if (*at == kEscape) {
      if (in_class(c, byte(at + 1))) return !negated;
      at += 2;
    } else if (at[1] == '-' && at + 2 < closing) {
      if (byte(at) <= c && c <= byte(at + 2)) return !negated;
      at += 3;
    } else {
      if (byte(at) == c) return !negated;
      ++at;
    }
  }
  return negated;
}

bool PatternMatcher::matches_one(const char* at, const char* item, const char* end) {
  step();
  if (at >= subject_end_) return false;
  const auto c = static_cast<unsigned char>(*at);
  switch (*item) {
    case '.': return true;
    case kEscape: return in_class(c, static_cast<unsigned char>(item[1]));
    case '[':
      steps_ += static_cast<std::uint64_t>(end - item) / 4;  // A long set costs more.
      return set_contains(c, item, end - 1);
    default: return static_cast<unsigned char>(*item) == c;
  }
}

const char* PatternMatcher::match(const char* at, const char* pattern) {
  const Depth depth(*this);
  while (pattern != pattern_end_) {
    step();
    switch (*pattern) {
      case '(':
        if (pattern_at(pattern + 1) == ')') return open_capture(at, pattern + 2, kPosition);
        return open_capture(at, pattern + 1, kOpen);
      case ')': return close_capture(at, pattern + 1);
      case '$':
        if (pattern + 1 == pattern_end_) return at == subject_end_ ? at : nullptr;
        break;
      case kEscape: {
        const char kind = pattern_at(pattern + 1);
        if (kind == 'b') {
          at = match_balanced(at, pattern + 2);
          if (at == nullptr) return nullptr;
          pattern += 4;
          continue;
        }
        if (kind == 'f') {
          const char* const set = pattern + 2;
          if (pattern_at(set) != '[') luaL_error(state_, "missing '[' after '%%f' in pattern");
          const char* const end = item_end(set);
          if (!at_frontier(at, set, end)) return nullptr;
          pattern = end;
          continue;
        }
        if (is_digit(static_cast<unsigned char>(kind))) {
          at = match_same_again(at, kind);
          if (at == nullptr) return nullptr;
          pattern += 2;
          continue;
        }
        break;
      }
      default: break;
    }
    const char* const end = item_end(pattern);
    switch (pattern_at(end)) {
      case '?': {
        if (matches_one(at, pattern, end)) {
          if (const char* const found = match(at + 1, end + 1)) return found;
        }
        pattern = end + 1;
        continue;
      }
      case '*': return match_most(at, pattern, end);
      case '+': return matches_one(at, pattern, end) ? match_most(at + 1, pattern, end) : nullptr;
      case '-': return match_least(at, pattern, end);
      default:
        if (!matches_one(at, pattern, end)) return nullptr;
        ++at;
        pattern = end;
    }
  }
  return at;
}

const char* PatternMatcher::match_most(const char* at, const char* item, const char* end) {
  std::ptrdiff_t count = 0;
  while (matches_one(at + count, item, end)) ++count;
  for (; count >= 0; --count) {
    if (const char* const found = match(at + count, end + 1)) return found;
  }
  return nullptr;
}

const char* PatternMatcher::match_least(const char* at, const char* item, const char* end) {
  while (true) {
    if (const char* const found = match(at, end + 1)) return found;
    if (!matches_one(at, item, end)) return nullptr;
    ++at;
  }
}

// %bxy: from an x to the y that balances it.
const char* PatternMatcher::match_balanced(const char* at, const char* delimiters) {
  if (delimiters + 1 >= pattern_end_) luaL_error(state_, "malformed pattern (missing arguments to '%%b')");
  const char open = delimiters[0];
  const char close = delimiters[1];
  if (at == subject_end_ || *at != open) return nullptr;
  for (int nesting = 1; ++at < subject_end_;) {
    step();
    if (*at == close) {
      if (--nesting == 0) return at + 1;
    } else if (*at == open) {
      ++nesting;
    }
  }
  return nullptr;
}

// %f[set]: between a character outside of the set and one inside. Both ends of the subject count as '\0'.
bool PatternMatcher::at_frontier(const char* at, const char* set, const char* end) {
  steps_ += static_cast<std::uint64_t>(end - set) / 4;
  const auto before = static_cast<unsigned char>(at == subject_ ? '\0' : at[-1]);
  const auto here = static_cast<unsigned char>(at == subject_end_ ? '\0' : *at);
  return !set_contains(before, set, end - 1) && set_contains(here, set, end - 1);
}

// %1 to %9: what that capture holds, once more.
const char* PatternMatcher::match_same_again(const char* at, char digit) {
  const int index = digit - '1';
  if (index < 0 || index >= captures_used_ || captures_[static_cast<std::size_t>(index)].size == kOpen) {
    luaL_error(state_, "invalid capture index %%%d", index + 1);
  }
  const Capture& capture = captures_[static_cast<std::size_t>(index)];
  if (capture.size < 0 || subject_end_ - at < capture.size) return nullptr;
  steps_ += static_cast<std::uint64_t>(capture.size) / 16;
  return std::memcmp(capture.from, at, static_cast<std::size_t>(capture.size)) == 0 ? at + capture.size : nullptr;
}

const char* PatternMatcher::open_capture(const char* at, const char* rest, std::ptrdiff_t kind) {
  if (captures_used_ >= kMostCaptures) luaL_error(state_, "too many captures");
  captures_[static_cast<std::size_t>(captures_used_++)] = {at, kind};
  const char* const found = match(at, rest);
  if (found == nullptr) --captures_used_;
  return found;
}

const char* PatternMatcher::close_capture(const char* at, const char* rest) {
  int index = captures_used_ - 1;
  while (index >= 0 && captures_[static_cast<std::size_t>(index)].size != kOpen) --index;
  if (index < 0) luaL_error(state_, "invalid pattern capture");
  Capture& capture = captures_[static_cast<std::size_t>(index)];
  capture.size = at - capture.from;
  const char* const found = match(at, rest);
  if (found == nullptr) capture.size = kOpen;
  return found;
}

int PatternMatcher::push_captures(const char* start, const char* end) {
  const int count = captures_used_ == 0 && start != nullptr ? 1 : captures_used_;
  luaL_checkstack(state_, count, "too many captures");
  for (int i = 0; i < count; ++i) push_capture(i, start, end);
  return count;
}

void PatternMatcher::push_capture(int index, const char* start, const char* end) {
  if (index >= captures_used_) {
    if (index != 0) luaL_error(state_, "invalid capture index %%%d", index + 1);
    lua_pushlstring(state_, start, static_cast<std::size_t>(end - start));
    return;
  }
  const Capture& capture = captures_[static_cast<std::size_t>(index)];
  if (capture.size == kOpen) luaL_error(state_, "unfinished capture");
  if (capture.size == kPosition) {
    lua_pushinteger(state_, capture.from - subject_ + 1);
  } else {
    lua_pushlstring(state_, capture.from, static_cast<std::size_t>(capture.size));
  }
}

}  // namespace baton::script
