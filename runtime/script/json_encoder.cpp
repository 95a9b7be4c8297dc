// Lua value to JSON text. Uses only the part of the Lua API that cannot raise, so that it works anywhere.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <vector>

#include "runtime/script/json_bridge.hpp"
#include "runtime/script/json_mark.hpp"

namespace baton::script {
namespace {

class Encoder {
 public:
  Encoder(lua_State* state, std::string_view name, std::size_t max_size)
      : state_(state), name_(name), max_size_(max_size) {}

  Result<JsonText> encode(int index) {
    const int top = lua_gettop(state_);
    index = lua_absindex(state_, index);
    const bool done = value(index);
    walked_ += out_.size();
    lua_settop(state_, top);
    if (done) return std::move(out_);
    return std::move(error_);
  }

  [[nodiscard]] std::size_t walked() const { return walked_; }

 private:
  // Where a value stands: in a field of its table, or at a position.
  struct PathStep {
    const char* field = nullptr;
    std::size_t size = 0;
    lua_Integer position = 0;
  };
  struct Field {
    const char* name;
    std::size_t size;
    int slot;  // Of the value on the Lua stack.
    bool operator<(const Field& other) const {
      const int order = std::memcmp(name, other.name, std::min(size, other.size));
      return order != 0 ? order < 0 : size < other.size;
    }
  };

  bool refuse(const std::string& why, std::string_view cure = {}) {
    std::string path(name_);
    for (std::size_t i = 0; i < depth_; ++i) {
      const PathStep& step = path_[i];
      if (step.field == nullptr) {
        if (step.position != 0) path.append("[").append(std::to_string(step.position)).append("]");
      } else {
        const std::string_view field(step.field, std::min<std::size_t>(step.size, 60));
        path.append(".").append(is_valid_utf8(field) ? field : "?");
      }
    }
    error_ = Error{ErrorCode::not_serializable, path + " " + why, std::string(cure)};
    return false;
  }

  bool refuse_size() {
    error_ = Error{ErrorCode::too_large,
                   std::string(name_) + " is larger than " + std::to_string(max_size_) + " bytes as JSON",
                   "keep large documents outside and pass their id"};
    return false;
  }

  bool value(int index) {
    if (out_.size() > max_size_) return refuse_size();
    switch (lua_type(state_, index)) {
      case LUA_TNIL:
        if (depth_ > 0) out_ += "null";
        return true;
      case LUA_TBOOLEAN: out_ += lua_toboolean(state_, index) != 0 ? "true" : "false"; return true;
      case LUA_TNUMBER: return number(index);
      case LUA_TSTRING: {
        std::size_t size = 0;
        const char* const text = lua_tolstring(state_, index, &size);
        if (size > max_size_) return refuse_size();
        if (!is_valid_utf8({text, size})) {
          walked_ += size;
          return refuse("is not UTF-8 text", "encode binary data, as base64 for example");
        }
        append_json_string(out_, {text, size});
        return true;
      }
      case LUA_TTABLE: return table(index);
      case LUA_TLIGHTUSERDATA:
        if (is_null(state_, index)) {
          out_ += "null";
          return true;
        }
        [[fallthrough]];
      default:
        return refuse("is a " + std::string(luaL_typename(state_, index)),
                      "pass plain data: text, numbers, booleans and tables of them");
    }
  }

  bool number(int index) {
    if (lua_isinteger(state_, index)) {
      std::array<char, 24> room;
      out_.append(room.data(), std::to_chars(room.data(), room.data() + room.size(), lua_tointeger(state_, index)).ptr);
      return true;
    }
    const double number = lua_tonumber(state_, index);
    if (!std::isfinite(number)) return refuse(std::isnan(number) ? "is not a number (NaN)" : "is infinite");
    append_json_number(out_, number);
    return true;
  }

  bool table(int index) {
    const void* const self = lua_topointer(state_, index);
    for (std::size_t i = 0; i < depth_; ++i) {
      if (ancestors_[i] == self) return refuse("contains itself");
    }
    if (depth_ == limits::kJsonDepth)
      return refuse("is nested deeper than " + std::to_string(limits::kJsonDepth) + " tables");
    if (lua_checkstack(state_, 8) == 0) return refuse("is too large");
    lua_pushnil(state_);
    if (lua_next(state_, index) == 0) {
      out_ += has_array_mark(state_, index) ? "[]" : "{}";
      return true;
    }
    ancestors_[depth_] = self;
    path_[depth_] = {};
    ++depth_;
    const int key_kind = lua_type(state_, -2);
    const bool done = key_kind == LUA_TSTRING ? object(index) : array(index);
    if (done) --depth_;  // A refusal keeps its path.
    return done;
  }

  bool refuse_here(const std::string& why, std::string_view cure = {}) {
    --depth_;
    const bool refused = refuse(why, cure);
    ++depth_;
    return refused;
  }
  bool refuse_mixed() {
    return refuse_here("has both positions and named fields", "use one table for the list and one for the fields");
  }
  bool refuse_key(int index) {
    return refuse_here("has a key that is a " + std::string(luaL_typename(state_, index)),
                       "use text as keys, or positions 1 to n");
  }

  // The stack holds the first key and value. Nearly always the walk meets 1, 2, 3 in order.
  bool array(int index) {
    const std::size_t begin = out_.size();
    const int key = lua_gettop(state_) - 1;
    PathStep& step = path_[depth_ - 1];
    out_.push_back('[');
    do {
      if (lua_isinteger(state_, key) == 0 || lua_tointeger(state_, key) != step.position + 1) {
        lua_settop(state_, key - 1);
        out_.resize(begin);
        return array_out_of_order(index);
      }
      if (++step.position > 1) out_.push_back(',');
      if (!value(key + 1)) return false;
      lua_settop(state_, key);
    } while (lua_next(state_, index) != 0);
    out_.push_back(']');
    return true;
  }

  bool array_out_of_order(int index) {
    PathStep& step = path_[depth_ - 1];
    lua_Integer count = 0;
    lua_pushnil(state_);
    for (; lua_next(state_, index) != 0; lua_pop(state_, 1), ++count) {
      const int kind = lua_type(state_, -2);
      if (kind == LUA_TSTRING) return refuse_mixed();
      if (kind != LUA_TNUMBER) return refuse_key(-2);
    }
    for (lua_Integer i = 1; i <= count; ++i) {
      const bool missing = lua_rawgeti(state_, index, i) == LUA_TNIL;
      lua_pop(state_, 1);
      if (missing) {
        return refuse_here("is not a list: position " + std::to_string(i) + " is missing",
                           "fill holes with json.null, or use text as keys");
      }
    }
    out_.push_back('[');
    for (step.position = 1; step.position <= count; ++step.position) {
      if (step.position > 1) out_.push_back(',');
      lua_rawgeti(state_, index, step.position);
      if (!value(lua_gettop(state_))) return false;
      lua_pop(state_, 1);
    }
    out_.push_back(']');
    return true;
  }

  // The stack holds the first key and value. Keys and values stay on the stack until the fields are sorted: no look-up by
  // key, no allocation in the state.
  bool object(int index) {
    constexpr std::size_t kInline = 24;
    std::array<Field, kInline> few;
    std::vector<Field> many;
    std::size_t count = 0;
    do {
      if (lua_type(state_, -2) != LUA_TSTRING)
        return lua_type(state_, -2) == LUA_TNUMBER ? refuse_mixed() : refuse_key(-2);
      if (lua_checkstack(state_, 8) == 0) return refuse_here("has too many fields");
      Field field{};
      field.name = lua_tolstring(state_, -2, &field.size);
      field.slot = lua_gettop(state_);
      if (count < kInline) {
        few[count] = field;
      } else {
        if (count == kInline) many.assign(few.begin(), few.end());
        many.push_back(field);
      }
      ++count;
      lua_pushvalue(state_, -2);
    } while (lua_next(state_, index) != 0);
    Field* const fields = count <= kInline ? few.data() : many.data();
    std::sort(fields, fields + count);
    PathStep& step = path_[depth_ - 1];
    out_.push_back('{');
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) out_.push_back(',');
      step.field = fields[i].name;
      step.size = fields[i].size;
      if (!is_valid_utf8({step.field, step.size})) return refuse_here("has a field whose name is not UTF-8 text");
      append_json_string(out_, {step.field, step.size});
      out_.push_back(':');
      if (!value(fields[i].slot)) return false;
    }
    out_.push_back('}');
    lua_settop(state_, fields_base(count));
    return true;
  }
  // The stack height before the first of `count` pairs of this object was pushed.
  [[nodiscard]] int fields_base(std::size_t count) const { return lua_gettop(state_) - static_cast<int>(2 * count); }

  lua_State* state_;
  std::string_view name_;
  std::size_t max_size_;
  std::string out_;
  std::size_t walked_ = 0;
  Error error_{ErrorCode::not_serializable, {}, {}};
  std::size_t depth_ = 0;
  std::array<const void*, limits::kJsonDepth> ancestors_;
  std::array<PathStep, limits::kJsonDepth> path_;
};

}  // namespace

Result<JsonText> to_json(lua_State* state, int index, std::string_view name, std::size_t max_size,
                         std::size_t* walked) {
  Encoder encoder(state, name, max_size);
  auto text = encoder.encode(index);
  if (walked != nullptr) *walked = encoder.walked();
  if (text.ok() && text->size() > max_size) {
    return Error{ErrorCode::too_large,
                 std::string(name) + " is larger than " + std::to_string(max_size) + " bytes as JSON",
                 "keep large documents outside and pass their id"};
  }
  return text;
}

}  // namespace baton::script
