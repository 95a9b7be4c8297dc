#include "runtime/script/json_bridge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <random>

#include "tests/script/script_fixture.hpp"

namespace baton::script {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// The JSON of what a chunk returns, or the error's detail.
std::string encoded(std::string_view code) {
  Sandbox sandbox(plain_options());
  EXPECT_TRUE(sandbox.load("a.lua", code, false).ok());
  EXPECT_TRUE(sandbox.call(sandbox.state(), 0, 1).ok());
  const int top = lua_gettop(sandbox.state());
  const auto json = to_json(sandbox.state(), -1, "input");
  EXPECT_EQ(lua_gettop(sandbox.state()), top);
  return json.ok() ? *json : json.error().detail;
}

// The text after one trip through Lua; or the error's detail.
std::string through_lua(Sandbox& sandbox, std::string_view text) {
  const int top = lua_gettop(sandbox.state());
  const Status pushed = push_json(sandbox.state(), text);
  if (!pushed) {
    EXPECT_EQ(lua_gettop(sandbox.state()), top);
    return pushed.error().detail;
  }
  EXPECT_EQ(lua_gettop(sandbox.state()), top + 1);
  auto json = to_json(sandbox.state(), -1);
  lua_settop(sandbox.state(), top);
  return json.ok() ? *json : json.error().detail;
}
std::string through_lua(std::string_view text) {
  Sandbox sandbox(plain_options());
  return through_lua(sandbox, text);
}

TEST(ToJson, writes_plain_values) {
  EXPECT_EQ(encoded("return true"), "true");
  EXPECT_EQ(encoded("return 42"), "42");
  EXPECT_EQ(encoded("return 2.5"), "2.5");
  EXPECT_EQ(encoded("return 'a\\n\"b\"'"), R"("a\n\"b\"")");
  EXPECT_EQ(encoded("return require('json').null"), "null");
}

TEST(ToJson, nil_is_no_value) { EXPECT_EQ(encoded("return nil"), ""); }

TEST(ToJson, writes_keys_in_bytewise_order) {
  EXPECT_EQ(encoded("return { b = 1, a = { z = true, B = false }, aa = 'x', [''] = 0 }"),
            R"({"":0,"a":{"B":false,"z":true},"aa":"x","b":1})");
}

TEST(ToJson, writes_many_keys_in_order) {
  EXPECT_EQ(encoded("local t = {} for i = 1, 300 do t[('k%03d'):format(i)] = i end local j = require('json').encode(t) "
                    "local last = '' for k in j:gmatch('\"(k%d+)\"') do assert(last < k) last = k end return #j"),
            "3193");
}

TEST(ToJson, writes_whole_floats_as_integers) {
  EXPECT_EQ(encoded("return { 1.0, -0.0, 1e15, 1e21, 1e-7, 0.1, 5e-324 }"),
            "[1,0,1000000000000000,1e+21,1e-7,0.1,5e-324]");
}

TEST(ToJson, keeps_all_bits_of_integers) {
  EXPECT_EQ(encoded("return { math.maxinteger, math.mininteger, 9007199254740993 }"),
            "[9223372036854775807,-9223372036854775808,9007199254740993]");
}

TEST(ToJson, an_empty_table_is_an_object_unless_marked) {
  EXPECT_EQ(encoded("return { {}, require('json').array{}, require('json').array() }"), "[{},[],[]]");
}

TEST(ToJson, a_list_built_backwards_is_a_list) {
  EXPECT_EQ(encoded("local t = {} for i = 5, 1, -1 do t[i] = i end return t"), "[1,2,3,4,5]");
  EXPECT_EQ(encoded("local t = { n = 1 } t.n = nil t[2] = 'b' t[1] = 'a' return { list = t }"),
            R"({"list":["a","b"]})");
}

TEST(ToJson, refuses_what_json_does_not_have_and_names_the_path) {
  EXPECT_EQ(encoded("return { orders = { {}, {}, { callback = function() end } } }"),
            "input.orders[3].callback is a function");
  EXPECT_EQ(encoded("return { co = coroutine.create(pcall) }"), "input.co is a thread");
  EXPECT_EQ(encoded("return { a = 0/0 }"), "input.a is not a number (NaN)");
  EXPECT_EQ(encoded("return { 1, math.huge }"), "input[2] is infinite");
  EXPECT_EQ(encoded("return { a = '\\xff' }"), "input.a is not UTF-8 text");
  EXPECT_EQ(encoded("return { a = { ['\\xff'] = 1 } }"), "input.a has a field whose name is not UTF-8 text");
  EXPECT_EQ(encoded("return pcall"), "input is a function");
}

TEST(ToJson, refuses_holes_and_mixed_tables) {
  EXPECT_EQ(encoded("return { a = { 1, nil, 3 } }"), "input.a is not a list: position 2 is missing");
  EXPECT_EQ(encoded("return { a = { [0] = 1 } }"), "input.a is not a list: position 1 is missing");
  EXPECT_EQ(encoded("return { a = { [1.5] = 1 } }"), "input.a is not a list: position 1 is missing");
  EXPECT_EQ(encoded("return { a = { 1, x = 2 } }"), "input.a has both positions and named fields");
  EXPECT_EQ(encoded("return { a = { [1] = { 2, x = 2 } } }"), "input.a[1] has both positions and named fields");
  EXPECT_EQ(encoded("return { [true] = 1 }"), "input has a key that is a boolean");
}

TEST(ToJson, refuses_cycles_and_takes_shared_tables) {
  EXPECT_EQ(encoded("local t = {} t.next = { back = t } return t"), "input.next.back contains itself");
  EXPECT_EQ(encoded("local t = { 1 } return { t, t }"), "[[1],[1]]");
}

TEST(ToJson, refuses_what_is_too_deep_or_too_large) {
  EXPECT_THAT(encoded("local t = {} for i = 1, 70 do t = { t } end return t"),
              HasSubstr("is nested deeper than 64 tables"));
  EXPECT_EQ(encoded("return ('x'):rep(1100000)"), "input is larger than 1048576 bytes as JSON");
}

TEST(ToJson, does_not_run_metamethods) {
  EXPECT_EQ(
      encoded(
          "return setmetatable({ a = 1 }, { __index = error, __len = error, __pairs = error, __tostring = error })"),
      R"({"a":1})");
}

TEST(PushJson, gives_null_as_a_value_and_no_text_as_nil) {
  Sandbox sandbox(plain_options());
  ASSERT_TRUE(push_json(sandbox.state(), "null").ok());
  EXPECT_TRUE(is_null(sandbox.state(), -1));
  ASSERT_TRUE(push_json(sandbox.state(), "").ok());
  EXPECT_TRUE(lua_isnil(sandbox.state(), -1));
}

TEST(PushJson, tells_integers_from_floats) {
  EXPECT_EQ(run("local t = require('json').decode('[1, 1.0, 1e2, 9223372036854775807, 9223372036854775808, -0]') local "
                "s = '' "
                "for _, v in ipairs(t) do s = s .. math.type(v):sub(1, 1) end return s"),
            "iffifi");
}

TEST(PushJson, rounds_numbers_and_refuses_those_out_of_range) {
  EXPECT_EQ(through_lua("[1e-400,-1e-400,0.1e-7,123456789012345678901234567890]"), "[0,0,1e-8,1.2345678901234568e+29]");
  EXPECT_EQ(through_lua("-1e400"), "at byte 7: the number is out of range");
}

TEST(PushJson, reads_escapes_and_surrogate_pairs) {
  EXPECT_EQ(through_lua(R"("\u00e4\u20ac\ud83d\ude00\/\b\f\n\r\t\\\"\u0000")"),
            "\"ä€😀/\\b\\f\\n\\r\\t\\\\\\\"\\u0000\"");
  EXPECT_THAT(through_lua(R"("\ud83d")"), HasSubstr("half of a surrogate pair"));
  EXPECT_THAT(through_lua(R"("\ude00")"), HasSubstr("half of a surrogate pair"));
  EXPECT_THAT(through_lua(R"("\ud83d\u0041")"), HasSubstr("half of a surrogate pair"));
}

TEST(PushJson, the_last_of_equal_names_wins) { EXPECT_EQ(through_lua(R"({"a":1,"b":2,"a":3})"), R"({"a":3,"b":2})"); }

TEST(PushJson, says_where_the_text_is_wrong) {
  EXPECT_EQ(through_lua("[1,2"), "at byte 5: expected ',' or ']'");
  EXPECT_EQ(through_lua("{\"a\" 1}"), "at byte 6: expected ':'");
  EXPECT_EQ(through_lua("[1,]"), "at byte 4: expected a value");
  EXPECT_EQ(through_lua("1 2"), "at byte 3: expected the end of the text");
  EXPECT_EQ(through_lua("\"a"), "at byte 3: a text does not end");
  EXPECT_EQ(through_lua("01"), "at byte 2: expected the end of the text");
}

TEST(PushJson, takes_large_lists_and_objects) {
  std::string list = "[0";
  std::string object = "{\"k100000\":0";
  for (int i = 1; i < 20'000; ++i) {
    list += "," + std::to_string(i);
    object += ",\"k" + std::to_string(100'000 + i) + "\":" + std::to_string(i);
  }
  EXPECT_EQ(through_lua(list + "]"), list + "]");
  EXPECT_EQ(through_lua(object + "}"), object + "}");
}

TEST(PushJson, works_on_a_coroutine_that_waits) {
  Sandbox sandbox(plain_options());
  lua_pushcfunction(sandbox.state(), [](lua_State* state) { return lua_yield(state, 0); });
  lua_setglobal(sandbox.state(), "wait");
  ASSERT_TRUE(sandbox.load("a.lua", "local got = wait() return got.ward", false).ok());
  lua_State* const flow = *sandbox.new_coroutine();
  lua_xmove(sandbox.state(), flow, 1);
  ASSERT_TRUE(std::holds_alternative<Yielded>(sandbox.resume(flow, 0)));
  ASSERT_TRUE(push_json(flow, R"({"ward":"4B"})").ok());
  ASSERT_TRUE(std::holds_alternative<Returned>(sandbox.resume(flow, 1)));
  EXPECT_STREQ(lua_tostring(flow, -1), "4B");
}

TEST(PushJson, running_out_of_memory_is_a_status_and_poisons) {
  Options options = plain_options();
  options.memory = 256u << 10;
  Sandbox sandbox(options);
  std::string list = "[0";
  for (int i = 0; i < 100'000; ++i) list += ",0";
  const Status pushed = push_json(sandbox.state(), list + "]");
  ASSERT_FALSE(pushed.ok());
  EXPECT_EQ(pushed.error().code, ErrorCode::script_memory);
  EXPECT_TRUE(sandbox.poisoned());
}

TEST(Json, a_decoded_empty_list_stays_a_list) {
  EXPECT_EQ(through_lua(R"({"a":[],"b":{}})"), R"({"a":[],"b":{}})");
  EXPECT_EQ(run("local t = require('json').decode('[1]') t[1] = nil return require('json').encode(t)"), "[]");
}

TEST(Json, the_module_raises_errors_with_the_scripts_line) {
  EXPECT_EQ(run("\nrequire('json').decode('{')"), "error: BT303: test.lua:2: at byte 2: expected the name of a field");
  EXPECT_THAT(run("\nrequire('json').encode({ f = pcall })"),
              StartsWith("error: BT303: test.lua:2: value.f is a function"));
  EXPECT_EQ(run("return require('json').encode(nil)"), "null");
}

// ---- properties --------------------------------------------------------------------------------------------------------

class RandomJson {
 public:
  explicit RandomJson(unsigned seed) : random_(seed) {}
  std::string value(int depth = 0) {
    switch (pick(depth < 5 ? 9 : 6)) {
      case 0: return "null";
      case 1: return pick(2) ? "true" : "false";
      case 2: return std::to_string(static_cast<std::int64_t>(random_()) >> pick(64));
      case 3: {
        std::string out;
        append_json_number(out, std::ldexp(static_cast<double>(static_cast<std::int32_t>(random_())),
                                           static_cast<int>(pick(200)) - 100));
        return out;
      }
      case 4:
      case 5: return string();
      case 6:
      case 7: {
        std::string out = "[";
        for (std::size_t n = pick(6), i = 0; i < n; ++i) out += (i ? "," : "") + value(depth + 1);
        return out + "]";
      }
      default: {
        std::string out = "{";
        for (std::size_t n = pick(8), i = 0; i < n; ++i) out += (i ? "," : "") + string() + ":" + value(depth + 1);
        return out + "}";
      }
    }
  }
  std::size_t pick(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

 private:
  std::string string() {
    static constexpr std::string_view kPieces[] = {
        "a", "B", "7", " ", "\"", "\\", "\n", "\x01", "ä", "€", "😀", "key", std::string_view("\0", 1)};
    std::string text;
    for (std::size_t n = pick(6); n > 0; --n) text += kPieces[pick(std::size(kPieces))];
    std::string out;
    append_json_string(out, text);
    return out;
  }
  std::mt19937_64 random_;
};

TEST(JsonProperty, one_trip_through_lua_reaches_a_form_that_later_trips_keep) {
  RandomJson random(1);
  auto sandbox = std::make_unique<Sandbox>(plain_options());
  for (int round = 0; round < 5000; ++round) {
    const std::string text = random.value();
    const std::string once = through_lua(*sandbox, text);
    EXPECT_EQ(through_lua(*sandbox, once), once) << text;
    EXPECT_TRUE(boost::json::parse(once) == boost::json::parse(text) || text.find('.') != std::string::npos ||
                text.find('e') != std::string::npos)
        << text;
  }
}

TEST(JsonProperty, a_warm_state_and_a_cold_one_write_the_same_text) {
  RandomJson random(2);
  Sandbox warm(plain_options());
  for (int round = 0; round < 500; ++round) {
    const std::string text = random.value();
    EXPECT_EQ(through_lua(warm, text), through_lua(text));
  }
}

TEST(JsonProperty, takes_what_another_parser_takes_and_nothing_else) {
  RandomJson random(3);
  Sandbox sandbox(plain_options());
  static constexpr std::string_view kNoise = "[]{},:\"\\0123456789.eE+-tfn ux\n\x01\xc3\xff/";
  int taken = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = random.value(3);
    for (std::size_t n = random.pick(3); n > 0 && !text.empty(); --n) {
      const std::size_t at = random.pick(text.size());
      switch (random.pick(3)) {
        case 0: text[at] = kNoise[random.pick(kNoise.size())]; break;
        case 1: text.erase(at, 1); break;
        default: text.insert(at, 1, kNoise[random.pick(kNoise.size())]);
      }
    }
    if (text.empty()) continue;
    boost::json::error_code failure;
    boost::json::parse(text, failure);
    const Status pushed = push_json(sandbox.state(), text);
    // The other parser makes 1e999 an infinity, which we refuse.
    if (!pushed && pushed.error().detail.ends_with("the number is out of range")) continue;
    EXPECT_EQ(pushed.ok(), !failure) << text << "  " << (pushed.ok() ? "" : pushed.error().detail) << "  "
                                     << failure.message();
    taken += pushed.ok() ? 1 : 0;
    lua_settop(sandbox.state(), 0);
  }
  EXPECT_GT(taken, 5000);
}

}  // namespace
}  // namespace baton::script
