// string.find, match, gmatch, gsub over PatternMatcher. Steps are charged to the turn, so that many bounded matches are
// bounded together.
#include <algorithm>
#include <cstring>

#include "runtime/script/pattern_matcher.hpp"
#include "runtime/script/safe_library.hpp"
#include "runtime/script/sandbox.hpp"

namespace baton::script {
namespace {

constexpr std::uint64_t kStepsPerInstruction = 4;
// A simple pattern on a long text takes a few steps a character, however long the text is.
constexpr std::uint64_t kStepsPerCharacter = 16;

std::string_view check_text(lua_State* state, int index) {
  std::size_t size = 0;
  const char* const data = luaL_checklstring(state, index, &size);
  return {data, size};
}

std::uint64_t most_steps(lua_State* state, std::string_view subject) {
  const Sandbox& sandbox = Sandbox::of(state);
  return std::min<std::uint64_t>(
      std::max<std::uint64_t>(sandbox.options().pattern_steps, kStepsPerCharacter * subject.size()),
      sandbox.instructions_left() * kStepsPerInstruction);
}

// Charges the steps of a matcher when a call ends, by an error too; then without raising a second one.
class StepsCharged {
 public:
  StepsCharged(lua_State* state, const PatternMatcher& matcher) : sandbox_(Sandbox::of(state)), matcher_(matcher) {}
  ~StepsCharged() { sandbox_.spend(matcher_.steps() / kStepsPerInstruction); }
  StepsCharged(const StepsCharged&) = delete;
  StepsCharged& operator=(const StepsCharged&) = delete;

 private:
  Sandbox& sandbox_;
  const PatternMatcher& matcher_;
};

bool has_specials(std::string_view pattern) { return pattern.find_first_of("^$*+?.([%-") != std::string_view::npos; }

// Where to begin, from 0, for the optional position at `index` (negative: from the end).
std::size_t start_position(lua_State* state, int index, std::size_t size) {
  const lua_Integer position = luaL_optinteger(state, index, 1);
  if (position > 0) return static_cast<std::size_t>(position) - 1;
  if (position == 0 || position < -static_cast<lua_Integer>(size)) return 0;
  return size - static_cast<std::size_t>(-position);
}

int find_plain(lua_State* state, std::string_view subject, std::string_view what, std::size_t start) {
  Sandbox::of(state).charge(state, (subject.size() - start) / (what.size() > 1 ? 8 : 64));
  // memmem is linear in the worst case, which std::string_view::find is not.
  const auto* const found =
      what.empty()
          ? subject.data() + start
          : static_cast<const char*>(memmem(subject.data() + start, subject.size() - start, what.data(), what.size()));
  if (found == nullptr) {
    lua_pushnil(state);
    return 1;
  }
  lua_pushinteger(state, found - subject.data() + 1);
  lua_pushinteger(state, found - subject.data() + static_cast<std::ptrdiff_t>(what.size()));
  return 2;
}

int find_or_match(lua_State* state, bool wants_position) {
  const std::string_view subject = check_text(state, 1);
  std::string_view pattern = check_text(state, 2);
  const std::size_t start = start_position(state, 3, subject.size());
  if (start > subject.size()) {
    lua_pushnil(state);
    return 1;
  }
  if (wants_position && (lua_toboolean(state, 4) != 0 || !has_specials(pattern)))
    return find_plain(state, subject, pattern, start);
  const bool anchored = pattern.starts_with('^');
  if (anchored) pattern.remove_prefix(1);
  PatternMatcher matcher(state, subject, pattern, most_steps(state, subject));
  const StepsCharged charged(state, matcher);
  for (const char* at = subject.data() + start; at <= matcher.subject_end(); ++at) {
    if (const char* const end = matcher.match_at(at)) {
      if (!wants_position) return matcher.push_captures(at, end);
      lua_pushinteger(state, at - subject.data() + 1);
      lua_pushinteger(state, end - subject.data());
      return matcher.push_captures(nullptr, nullptr) + 2;
    }
    if (anchored) break;
  }
  lua_pushnil(state);
  return 1;
}

int safe_find(lua_State* state) { return find_or_match(state, true); }
int safe_match(lua_State* state) { return find_or_match(state, false); }

// Upvalues: subject, pattern, where to go on, where the last match ended (both from 0; -1 for no match yet).
int next_match(lua_State* state) {
  const std::string_view subject = check_text(state, lua_upvalueindex(1));
  const std::string_view pattern = check_text(state, lua_upvalueindex(2));
  const lua_Integer last_end = lua_tointeger(state, lua_upvalueindex(4));
  PatternMatcher matcher(state, subject, pattern, most_steps(state, subject));
  const StepsCharged charged(state, matcher);
  for (const char* at = subject.data() + lua_tointeger(state, lua_upvalueindex(3)); at <= matcher.subject_end(); ++at) {
    const char* const end = matcher.match_at(at);
    if (end == nullptr || end - subject.data() == last_end) continue;
    lua_pushinteger(state, end - subject.data());
    lua_pushvalue(state, -1);
    lua_replace(state, lua_upvalueindex(3));
    lua_replace(state, lua_upvalueindex(4));
    return matcher.push_captures(at, end);
  }
  return 0;
}

int safe_gmatch(lua_State* state) {
  const std::string_view subject = check_text(state, 1);
  check_text(state, 2);
  const std::size_t start = start_position(state, 3, subject.size());
  lua_settop(state, 2);
  lua_pushinteger(state, static_cast<lua_Integer>(std::min(start, subject.size() + 1)));
  lua_pushinteger(state, -1);
  lua_pushcclosure(state, &next_match, 4);
  return 1;
}

// ---- gsub --------------------------------------------------------------------------------------------------------------

class Substitution {
 public:
  Substitution(lua_State* state, std::string_view subject, std::string_view pattern)
      : state_(state), subject_(subject), pattern_(pattern), most_size_(Sandbox::of(state).options().string_size) {}

  int run() {
    const int kind = lua_type(state_, 3);
    luaL_argexpected(state_, kind == LUA_TNUMBER || kind == LUA_TSTRING || kind == LUA_TFUNCTION || kind == LUA_TTABLE,
                     3, "string/function/table");
    const lua_Integer most = luaL_optinteger(state_, 4, static_cast<lua_Integer>(subject_.size()) + 1);
    const bool anchored = pattern_.starts_with('^');
    if (anchored) pattern_.remove_prefix(1);
    PatternMatcher matcher(state_, subject_, pattern_, most_steps(state_, subject_));
    const StepsCharged charged(state_, matcher);
    luaL_buffinit(state_, &buffer_);
    const char* at = subject_.data();
    const char* last_end = nullptr;
    lua_Integer count = 0;
    bool changed = false;
    while (count < most) {
      const char* const end = matcher.match_at(at);
      if (end != nullptr && end != last_end) {
        ++count;
        changed = add_replacement(matcher, kind, at, end) || changed;
        at = last_end = end;
      } else if (at < matcher.subject_end()) {
        luaL_addchar(&buffer_, *at);
        ++at;
      } else {
        break;
      }
      if (luaL_bufflen(&buffer_) > most_size_) luaL_error(state_, "resulting string too large");
      if (anchored) break;
    }
    if (changed) {
      luaL_addlstring(&buffer_, at, static_cast<std::size_t>(matcher.subject_end() - at));
      luaL_pushresult(&buffer_);
    } else {
      lua_pushvalue(state_, 1);
    }
    lua_pushinteger(state_, count);
    return 2;
  }

 private:
  // False when the match stays as it is.
  bool add_replacement(PatternMatcher& matcher, int kind, const char* from, const char* end) {
    switch (kind) {
      case LUA_TFUNCTION: {
        lua_pushvalue(state_, 3);
        const int arguments = matcher.push_captures(from, end);
        lua_call(state_, arguments, 1);
        break;
      }
      case LUA_TTABLE:
        matcher.push_capture(0, from, end);
        lua_gettable(state_, 3);
        break;
      default: add_template(matcher, from, end); return true;
    }
    if (lua_toboolean(state_, -1) == 0) {
      lua_pop(state_, 1);
      luaL_addlstring(&buffer_, from, static_cast<std::size_t>(end - from));
      return false;
    }
    if (lua_isstring(state_, -1) == 0)
      luaL_error(state_, "invalid replacement value (a %s)", luaL_typename(state_, -1));
    luaL_addvalue(&buffer_);
    return true;
  }

  // %0 is the match, %1 to %9 its captures, %% a percent sign.
  void add_template(PatternMatcher& matcher, const char* from, const char* end) {
    std::size_t size = 0;
    const char* text = lua_tolstring(state_, 3, &size);
    const char* const text_end = text + size;
    while (const auto* const escape =
               static_cast<const char*>(std::memchr(text, '%', static_cast<std::size_t>(text_end - text)))) {
      luaL_addlstring(&buffer_, text, static_cast<std::size_t>(escape - text));
      const char kind = escape[1];  // '\0' at the end of the text.
      if (kind == '%') {
        luaL_addchar(&buffer_, '%');
      } else if (kind == '0') {
        luaL_addlstring(&buffer_, from, static_cast<std::size_t>(end - from));
      } else if (kind >= '1' && kind <= '9') {
        matcher.push_capture(kind - '1', from, end);
        luaL_tolstring(state_, -1, nullptr);
        lua_remove(state_, -2);
        luaL_addvalue(&buffer_);
      } else {
        luaL_error(state_, "invalid use of '%%' in replacement string");
      }
      text = escape + 2;
    }
    luaL_addlstring(&buffer_, text, static_cast<std::size_t>(text_end - text));
  }

  lua_State* state_;
  std::string_view subject_;
  std::string_view pattern_;
  std::size_t most_size_;
  luaL_Buffer buffer_;
};

int safe_gsub(lua_State* state) {
  const std::string_view subject = check_text(state, 1);
  return Substitution(state, subject, check_text(state, 2)).run();
}

}  // namespace

void add_safe_patterns(lua_State* library) {
  static constexpr luaL_Reg kFunctions[] = {
      {"find", &safe_find}, {"match", &safe_match}, {"gmatch", &safe_gmatch}, {"gsub", &safe_gsub}, {nullptr, nullptr}};
  luaL_setfuncs(library, kFunctions, 0);
}

}  // namespace baton::script
