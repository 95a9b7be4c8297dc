// string.format and string.rep: as in the manual, without %p (an address) and with bounded results.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "runtime/script/safe_library.hpp"
#include "runtime/script/sandbox.hpp"

namespace baton::script {
namespace {

int safe_rep(lua_State* state) {
  std::size_t size = 0;
  std::size_t separator_size = 0;
  const char* const text = luaL_checklstring(state, 1, &size);
  const lua_Integer count = luaL_checkinteger(state, 2);
  const char* const separator = luaL_optlstring(state, 3, "", &separator_size);
  if (count <= 0 || (size == 0 && separator_size == 0)) {
    lua_pushliteral(state, "");
    return 1;
  }
  const std::size_t most = Sandbox::of(state).options().string_size;
  const std::size_t each = size + separator_size;
  if (each > most || static_cast<lua_Unsigned>(count) > most / each + 1)
    return luaL_error(state, "resulting string too large");
  const std::size_t total = each * static_cast<std::size_t>(count) - separator_size;
  if (total > most) return luaL_error(state, "resulting string too large");
  Sandbox::of(state).charge(state, static_cast<std::uint64_t>(count) / 8);
  luaL_Buffer buffer;
  char* out = luaL_buffinitsize(state, &buffer, total);
  // The first of them with its separator, and then what there is again and again: as fast as memory is, however short the text is.
  std::memcpy(out, text, size);
  if (total > size) std::memcpy(out + size, separator, separator_size);
  for (std::size_t done = std::min(each, total); done < total;) {
    const std::size_t more = std::min(done, total - done);
    std::memcpy(out + done, out, more);
    done += more;
  }
  luaL_pushresultsize(&buffer, total);
  return 1;
}

// ---- format ------------------------------------------------------------------------------------------------------------

constexpr std::size_t kNumberRoom = 512;  // The longest: %.99f of 1e308.

// One conversion: %[flags][width][.precision]letter, width and precision of two digits at most.
struct Conversion {
  std::array<char, 24> text{};  // For snprintf, with the length modifier for integers.
  std::string_view flags;
  bool has_width = false;
  bool has_precision = false;
  char letter = '\0';
};

class Formatter {
 public:
  explicit Formatter(lua_State* state)
      : state_(state), arguments_(lua_gettop(state)), most_size_(Sandbox::of(state).options().string_size) {}

  int run() {
    std::size_t size = 0;
    const char* at = luaL_checklstring(state_, 1, &size);
    const char* const end = at + size;
    luaL_buffinit(state_, &buffer_);
    while (at < end) {
      if (*at != '%') {
        luaL_addchar(&buffer_, *at);
        ++at;
      } else if (at + 1 < end && at[1] == '%') {
        luaL_addchar(&buffer_, '%');
        at += 2;
      } else {
        const Conversion conversion = read(at, end);
        if (++argument_ > arguments_) luaL_argerror(state_, argument_, "no value");
        add(conversion, argument_);
      }
      if (luaL_bufflen(&buffer_) > most_size_) luaL_error(state_, "resulting string too large");
    }
    luaL_pushresult(&buffer_);
    return 1;
  }

 private:
  Conversion read(const char*& at, const char* end) {
    const char* const begin = at++;
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    Conversion conversion;
    const char* const flags = at;
    while (at < end && *at != '\0' && std::strchr("-+ #0", *at) != nullptr) ++at;
    conversion.flags = {flags, static_cast<std::size_t>(at - flags)};
    const char* const width = at;
    while (at < end && is_digit(*at)) ++at;
    conversion.has_width = at != width;
    bool fits = conversion.flags.size() <= 5 && at - width <= 2;
    if (at < end && *at == '.') {
      const char* const precision = ++at;
      while (at < end && is_digit(*at)) ++at;
      conversion.has_precision = true;
      fits = fits && at - precision <= 2;
    }
    conversion.letter = at < end ? *at++ : '\0';
    const std::string_view allowed = flags_for(conversion.letter);
    if (!fits || conversion.letter == '\0' || conversion.flags.find_first_not_of(allowed) != std::string_view::npos ||
        (conversion.has_precision && (conversion.letter == 'c' || conversion.letter == 'q'))) {
      lua_pushlstring(state_, begin, static_cast<std::size_t>(at - begin));
      luaL_error(state_, "invalid conversion '%s' to 'format'", lua_tostring(state_, -1));
    }
    const std::size_t head = static_cast<std::size_t>(at - begin) - 1;
    std::memcpy(conversion.text.data(), begin, head);
    const bool is_integer = std::strchr("diouxX", conversion.letter) != nullptr;
    std::snprintf(conversion.text.data() + head, conversion.text.size() - head, "%s%c", is_integer ? "ll" : "",
                  conversion.letter);
    return conversion;
  }

  std::string_view flags_for(char letter) {
    switch (letter) {
      case 'c':
      case 's': return "-";
      case 'd':
      case 'i': return "-+0 ";
      case 'u': return "-0";
      case 'o':
      case 'x':
      case 'X': return "-#0";
      case 'a':
      case 'A':
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G': return "-+ #0";
      case 'q': return "";
      case 'p': luaL_error(state_, "%%p is closed in scripts: an address differs in each run"); return "";
      default: luaL_error(state_, "invalid conversion '%%%c' to 'format'", letter == '\0' ? '%' : letter); return "";
    }
  }

  void add(const Conversion& conversion, int argument) {
    switch (conversion.letter) {
      case 'c': return add_printed(conversion, static_cast<int>(luaL_checkinteger(state_, argument)));
      case 'd':
      case 'i':
      case 'o':
      case 'u':
      case 'x':
      case 'X': return add_printed(conversion, static_cast<long long>(luaL_checkinteger(state_, argument)));
      case 'q':
        if (conversion.has_width) luaL_error(state_, "specifier '%%q' cannot have modifiers");
        return add_literal(argument);
      case 's': return add_text(conversion, argument);
      default: return add_printed(conversion, static_cast<double>(luaL_checknumber(state_, argument)));
    }
  }

  template <typename Value>
  void add_printed(const Conversion& conversion, Value value) {
    std::array<char, kNumberRoom> room;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    const int size = std::snprintf(room.data(), room.size(), conversion.text.data(), value);
#pragma GCC diagnostic pop
    luaL_addlstring(&buffer_, room.data(), static_cast<std::size_t>(size));
  }

  void add_text(const Conversion& conversion, int argument) {
    std::size_t size = 0;
    const char* const text = push_text(state_, argument, &size);
    if (!conversion.has_width && !conversion.has_precision && conversion.flags.empty()) return luaL_addvalue(&buffer_);
    luaL_argcheck(state_, size == std::strlen(text), argument, "string contains zeros");
    if (!conversion.has_precision && size >= 100) return luaL_addvalue(&buffer_);  // Longer than any width.
    add_printed(conversion, text);
    lua_pop(state_, 1);
  }

  // As Lua source that reads back the same.
  void add_literal(int argument) {
    switch (lua_type(state_, argument)) {
      case LUA_TSTRING: return add_quoted(argument);
      case LUA_TNUMBER: return add_number_literal(argument);
      case LUA_TNIL:
      case LUA_TBOOLEAN: luaL_tolstring(state_, argument, nullptr); return luaL_addvalue(&buffer_);
      default: luaL_argerror(state_, argument, "value has no literal form");
    }
  }

  void add_number_literal(int argument) {
    std::array<char, 64> room;
    if (lua_isinteger(state_, argument)) {
      const lua_Integer value = lua_tointeger(state_, argument);
      std::snprintf(room.data(), room.size(), value == LUA_MININTEGER ? "0x%llx" : "%lld",
                    static_cast<long long>(value));
    } else {
      const double value = lua_tonumber(state_, argument);
      if (std::isnan(value)) {
        std::snprintf(room.data(), room.size(), "(0/0)");
      } else if (std::isinf(value)) {
        std::snprintf(room.data(), room.size(), value > 0 ? "1e9999" : "-1e9999");
      } else {
        std::snprintf(room.data(), room.size(), "%a", value);
      }
    }
    luaL_addstring(&buffer_, room.data());
  }

  void add_quoted(int argument) {
    std::size_t size = 0;
    const char* const text = lua_tolstring(state_, argument, &size);
    luaL_addchar(&buffer_, '"');
    for (std::size_t i = 0; i < size; ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (c == '"' || c == '\\' || c == '\n') {
        luaL_addchar(&buffer_, '\\');
        luaL_addchar(&buffer_, static_cast<char>(c));
      } else if (c < 0x20 || c == 0x7F) {
        const bool digit_follows = i + 1 < size && text[i + 1] >= '0' && text[i + 1] <= '9';
        std::array<char, 8> room;
        std::snprintf(room.data(), room.size(), digit_follows ? "\\%03d" : "\\%d", c);
        luaL_addstring(&buffer_, room.data());
      } else {
        luaL_addchar(&buffer_, static_cast<char>(c));
      }
    }
    luaL_addchar(&buffer_, '"');
  }

  lua_State* state_;
  int arguments_;  // The buffer keeps things above them.
  std::size_t most_size_;
  int argument_ = 1;
  luaL_Buffer buffer_;
};

int safe_format(lua_State* state) { return Formatter(state).run(); }

}  // namespace

void add_safe_strings(lua_State* library) {
  lua_pushcfunction(library, &safe_format);
  lua_setfield(library, -2, "format");
  lua_pushcfunction(library, &safe_rep);
  lua_setfield(library, -2, "rep");
}

}  // namespace baton::script
