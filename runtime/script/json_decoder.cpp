// JSON text to Lua value: one pass, straight onto the Lua stack. Runs in a protected call, since tables and strings need
// memory.
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "runtime/script/json_bridge.hpp"
#include "runtime/script/json_mark.hpp"
#include "runtime/script/sandbox.hpp"

namespace baton::script {
namespace {

class Decoder {
 public:
  Decoder(lua_State* state, std::string_view text)
      : state_(state), begin_(text.data()), at_(text.data()), end_(text.data() + text.size()) {}

  // Pushes the value of the whole text. False: see problem(); the stack is as the failure left it.
  bool decode() {
    skip_space();
    if (!value()) return false;
    skip_space();
    return at_ == end_ || fail("expected the end of the text");
  }
  [[nodiscard]] std::string problem() const { return "at byte " + std::to_string(at_ - begin_ + 1) + ": " + problem_; }

 private:
  // Elements are gathered on the stack and go into their table this many at a time, so that a small table is made in
  // its final size and a large one does not need a large stack.
  static constexpr int kGather = 16;

  bool fail(const char* problem) {
    problem_ = problem;
    return false;
  }

  void skip_space() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view expected) {
    if (static_cast<std::size_t>(end_ - at_) < expected.size() ||
        std::memcmp(at_, expected.data(), expected.size()) != 0) {
      return fail("expected a value");
    }
    at_ += expected.size();
    return true;
  }

  bool value() {
    if (at_ == end_) return fail("the text ends where a value should be");
    switch (*at_) {
      case '{': return object();
      case '[': return array();
      case '"': return string();
      case 't': lua_pushboolean(state_, 1); return word("true");
      case 'f': lua_pushboolean(state_, 0); return word("false");
      case 'n': push_null(state_); return word("null");
      default: return number();
    }
  }

  bool enter() {
    ++at_;
    if (++depth_ > limits::kJsonDepth) return fail("nested too deeply");
    luaL_checkstack(state_, 2 * kGather + 8, "JSON");
    return true;
  }
  bool leave() {
    --depth_;
    return true;
  }

  // The slot `table` holds nil or the table; above it stand `count` values for the positions after `stored`.
  void store_elements(int table, int count, lua_Integer stored) {
    if (stored == 0) {
      lua_createtable(state_, count, 0);
      mark_array(state_);
      lua_replace(state_, table);
    }
    for (int i = count; i >= 1; --i) lua_rawseti(state_, table, stored + i);
  }

  bool array() {
    if (!enter()) return false;
    lua_pushnil(state_);
    const int table = lua_gettop(state_);
    lua_Integer stored = 0;
    int count = 0;
    skip_space();
    if (take(']')) {
      store_elements(table, 0, 0);
      return leave();
    }
    while (true) {
      if (!value()) return false;
      ++count;
      skip_space();
      const bool more = take(',');
      if (!more && !take(']')) return fail("expected ',' or ']'");
      if (!more || count == kGather) {
        store_elements(table, count, stored);
        stored += count;
        count = 0;
      }
      if (!more) return leave();
      skip_space();
    }
  }

  // The slot `table` holds nil or the table; above it stand `count` pairs. Later fields win over earlier ones.
  void store_fields(int table, int count) {
    if (lua_isnil(state_, table)) {
      lua_createtable(state_, 0, count);
      lua_replace(state_, table);
    }
    for (int i = 0; i < count; ++i) {
      lua_pushvalue(state_, table + 1 + 2 * i);
      lua_pushvalue(state_, table + 2 + 2 * i);
      lua_rawset(state_, table);
    }
    lua_settop(state_, table);
  }

  bool object() {
    if (!enter()) return false;
    lua_pushnil(state_);
    const int table = lua_gettop(state_);
    int count = 0;
    skip_space();
    if (take('}')) {
      store_fields(table, 0);
      return leave();
    }
    while (true) {
      if (at_ == end_ || *at_ != '"') return fail("expected the name of a field");
      if (!string()) return false;
      skip_space();
      if (!take(':')) return fail("expected ':'");
      skip_space();
      if (!value()) return false;
      ++count;
      skip_space();
      const bool more = take(',');
      if (!more && !take('}')) return fail("expected ',' or '}'");
      if (!more || count == kGather) {
        store_fields(table, count);
        count = 0;
      }
      if (!more) return leave();
      skip_space();
    }
  }

  bool digits() {
    const char* const first = at_;
    while (at_ < end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    return at_ != first;
  }

  bool number() {
    const char* const first = at_;
    take('-');
    if (!take('0') && !digits()) return fail("expected a value");
    bool whole = true;
    if (take('.')) {
      whole = false;
      if (!digits()) return fail("expected digits after the decimal point");
    }
    if (at_ < end_ && (*at_ == 'e' || *at_ == 'E')) {
      whole = false;
      ++at_;
      if (!take('-')) take('+');
      if (!digits()) return fail("expected digits in the exponent");
    }
    if (whole) {
      lua_Integer integer = 0;
      if (std::from_chars(first, at_, integer).ec == std::errc()) {
        lua_pushinteger(state_, integer);
        return true;
      }
    }
    double real = 0;
    if (std::from_chars(first, at_, real).ec != std::errc()) {
      real = std::strtod(std::string(first, at_).c_str(), nullptr);  // Out of range: 0 if too small, else infinite.
      if (!std::isfinite(real)) return fail("the number is out of range");
    }
    lua_pushnumber(state_, real);
    return true;
  }

  bool string() {
    const char* const first = ++at_;
    bool plain_ascii = true;
    while (at_ < end_ && *at_ != '"' && *at_ != '\\') {
      const auto c = static_cast<unsigned char>(*at_);
      if (c < 0x20) return fail("a control character stands in a text");
      plain_ascii = plain_ascii && c < 0x80;
      ++at_;
    }
    if (at_ == end_) return fail("a text does not end");
    if (*at_ == '\\') return string_with_escapes(first);
    const std::string_view text(first, static_cast<std::size_t>(at_ - first));
    if (!plain_ascii && !is_valid_utf8(text)) return fail("a text is not UTF-8");
    lua_pushlstring(state_, text.data(), text.size());
    ++at_;
    return true;
  }

  bool string_with_escapes(const char* first) {
    std::string text(first, at_);
    while (true) {
      if (at_ == end_) return fail("a text does not end");
      const char c = *at_++;
      if (c == '"') break;
      if (static_cast<unsigned char>(c) < 0x20) return fail("a control character stands in a text");
      if (c != '\\') {
        text.push_back(c);
      } else if (!escape(text)) {
        return false;
      }
    }
    if (!is_valid_utf8(text)) return fail("a text is not UTF-8");
    lua_pushlstring(state_, text.data(), text.size());
    return true;
  }

  bool escape(std::string& text) {
    if (at_ == end_) return fail("a text does not end");
    switch (*at_++) {
      case '"': text.push_back('"'); return true;
      case '\\': text.push_back('\\'); return true;
      case '/': text.push_back('/'); return true;
      case 'b': text.push_back('\b'); return true;
      case 'f': text.push_back('\f'); return true;
      case 'n': text.push_back('\n'); return true;
      case 'r': text.push_back('\r'); return true;
      case 't': text.push_back('\t'); return true;
      case 'u': return escaped_unit(text);
      default: return fail("an unknown escape");
    }
  }

  std::optional<std::uint32_t> four_hex_digits() {
    std::uint32_t unit = 0;
    if (end_ - at_ < 4) return std::nullopt;
    const auto parsed = std::from_chars(at_, at_ + 4, unit, 16);
    if (parsed.ec != std::errc() || parsed.ptr != at_ + 4) return std::nullopt;
    at_ += 4;
    return unit;
  }

  bool escaped_unit(std::string& text) {
    const auto first = four_hex_digits();
    if (!first) return fail("\\u needs four hexadecimal digits");
    std::uint32_t point = *first;
    if (point >= 0xD800 && point <= 0xDFFF) {
      const bool paired = point <= 0xDBFF && end_ - at_ >= 2 && at_[0] == '\\' && at_[1] == 'u';
      if (paired) at_ += 2;
      const auto second = paired ? four_hex_digits() : std::nullopt;
      if (!second || *second < 0xDC00 || *second > 0xDFFF) return fail("half of a surrogate pair");
      point = 0x10000 + ((point - 0xD800) << 10) + (*second - 0xDC00);
    }
    append_utf8(text, point);
    return true;
  }

  static void append_utf8(std::string& text, std::uint32_t point) {
    const auto add = [&](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
    if (point < 0x80) {
      add(point);
    } else if (point < 0x800) {
      add(0xC0 | point >> 6);
      add(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
      add(0xE0 | point >> 12);
      add(0x80 | (point >> 6 & 0x3F));
      add(0x80 | (point & 0x3F));
    } else {
      add(0xF0 | point >> 18);
      add(0x80 | (point >> 12 & 0x3F));
      add(0x80 | (point >> 6 & 0x3F));
      add(0x80 | (point & 0x3F));
    }
  }

  lua_State* state_;
  const char* begin_;
  const char* at_;
  const char* end_;
  std::size_t depth_ = 0;
  const char* problem_ = "";
};

struct Job {
  std::string_view text;
  std::optional<Error> error;
};

int run(lua_State* state) {
  Job& job = *static_cast<Job*>(lua_touserdata(state, 1));
  Decoder decoder(state, job.text);
  if (decoder.decode()) return 1;
  job.error = Error{ErrorCode::bad_json, decoder.problem(), {}};
  return 0;
}

}  // namespace

Status push_json(lua_State* state, std::string_view json, std::size_t max_size) {
  Sandbox& sandbox = Sandbox::of(state);
  if (json.empty()) {
    lua_pushnil(state);
    return success();
  }
  if (json.size() > max_size) {
    return Error{ErrorCode::too_large, "the JSON text has more than " + std::to_string(max_size) + " bytes", {}};
  }
  // A suspended coroutine cannot run a protected call: its value is made on the main state and moved over.
  lua_State* const worker = lua_status(state) == LUA_OK ? state : sandbox.state();
  if (lua_checkstack(worker, 4) == 0 || lua_checkstack(state, 4) == 0) {
    return Error{ErrorCode::script_memory, "no stack is left for a JSON value", {}};
  }
  Job job{json, std::nullopt};
  lua_pushcfunction(worker, &run);
  lua_pushlightuserdata(worker, &job);
  const int status = lua_pcall(worker, 1, 1, 0);
  if (status != LUA_OK) {
    lua_pop(worker, 1);
    if (sandbox.must_rethrow(status)) return *sandbox.poison();
    return Error{ErrorCode::bad_json, "the JSON value does not fit on the stack", {}};
  }
  if (job.error) {
    lua_pop(worker, 1);
    return *job.error;
  }
  if (worker != state) lua_xmove(worker, state, 1);
  return success();
}

}  // namespace baton::script
