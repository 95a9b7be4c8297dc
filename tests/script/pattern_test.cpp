// Our patterns and string functions against stock Lua's: the same answers, errors included, on a list of corner cases and on
// patterns drawn at random.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/script/script_fixture.hpp"

namespace baton::script {
namespace {

class Stock {
 public:
  Stock() : state_(luaL_newstate()) { luaL_openlibs(state_); }
  ~Stock() { lua_close(state_); }
  std::string run(const std::string& code) {
    const bool failed = luaL_loadbufferx(state_, code.data(), code.size(), "@test.lua", "t") != LUA_OK ||
                        lua_pcall(state_, 0, 1, 0) != LUA_OK;
    std::string out = (failed ? "error: BT303: " : "") + std::string(lua_tostring(state_, -1));
    lua_settop(state_, 0);
    return out;
  }

 private:
  lua_State* state_;
};

// A Lua literal that stands for exactly these bytes.
std::string literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    char room[8];
    std::snprintf(room, sizeof room, "\\x%02x", static_cast<unsigned char>(c));
    out += room;
  }
  return out + "'";
}

// One text with everything that the four functions answer.
std::string all_answers(std::string_view subject, std::string_view pattern) {
  return "local s, p = " + literal(subject) + ", " + literal(pattern) + R"LUA(
    local out = {}
    local function show(...)
      for i = 1, select('#', ...) do out[#out + 1] = tostring((select(i, ...))) end
      out[#out + 1] = ';'
    end
    show(pcall(string.find, s, p))
    show(pcall(string.find, s, p, 3))
    show(pcall(string.find, s, p, -2))
    show(pcall(string.match, s, p))
    show(pcall(string.match, s, p, 2))
    show(pcall(string.gsub, s, p, '<%0>'))
    show(pcall(string.gsub, s, p, '%1', 2))
    show(pcall(string.gsub, s, p, function(a, b) return b end))
    show(pcall(string.gsub, s, p, { a = 'A', b = false }))
    show(pcall(function() for a, b in string.gmatch(s, p) do show(a, b) end end))
    show(pcall(function() for a, b in string.gmatch(s, p, -3) do show(a, b) end end))
    return table.concat(out, '|')
  )LUA";
}

TEST(Patterns, answer_as_stock_lua_does_on_corner_cases) {
  const std::string_view subjects[] = {"",
                                       "a",
                                       "hello world",
                                       "key = value",
                                       "THE (quick) fox",
                                       "((a)(b))",
                                       "aaaa",
                                       "abcabc",
                                       "2026-03-09",
                                       std::string_view("a\0b\0", 4),
                                       "x\xff\xfey",
                                       "f(g(x), h(y)) + z",
                                       "  trim me  ",
                                       "[]]^-",
                                       "%d+%",
                                       "a-b-c"};
  const std::string_view patterns[] = {"",
                                       "a",
                                       ".",
                                       "a*",
                                       "a+",
                                       "a-",
                                       "a?",
                                       "^a",
                                       "a$",
                                       "^a*$",
                                       "$",
                                       "^",
                                       "^$",
                                       "%a+",
                                       "%w+%s*=%s*%w+",
                                       "(%w+) (%w+)",
                                       "()",
                                       "a()",
                                       "(a*)(.)",
                                       "%b()",
                                       "%bxx",
                                       "%b(",
                                       "%b",
                                       "%f[%w]%w+",
                                       "%f[a",
                                       "%fa",
                                       "%f",
                                       "(a)%1",
                                       "%1",
                                       "(a",
                                       "a)",
                                       "(a%1)",
                                       "((a)(b))",
                                       "[abc]",
                                       "[^abc]",
                                       "[a-c]+",
                                       "[]]",
                                       "[^]]",
                                       "[]",
                                       "[^]",
                                       "[a",
                                       "[a-",
                                       "[a-]",
                                       "[%a_]+",
                                       "[%",
                                       "[%]",
                                       "[%]]",
                                       "%",
                                       "a%",
                                       "%%",
                                       "%-",
                                       "[%-%+]",
                                       "[+--]",
                                       "[a-%]",
                                       "(.-)%s*$",
                                       "^%s*(.-)%s*$",
                                       "%d%d%d%d%-%d%d",
                                       ".-b",
                                       ".-$",
                                       "(.)(.)(.)",
                                       "%z",
                                       "[%z]",
                                       "%S+",
                                       "%A",
                                       "%D",
                                       "%P",
                                       "%p",
                                       "%c",
                                       "%x+",
                                       "%g+",
                                       "%u",
                                       "%l+",
                                       "$a",
                                       "a^",
                                       "^^",
                                       "a$b",
                                       "(a)(",
                                       "())",
                                       "-",
                                       "*",
                                       "+",
                                       "?",
                                       "a**",
                                       "a+*",
                                       "a--",
                                       ".?.?.?",
                                       "[\x80-\xff]",
                                       std::string_view("\0", 1),
                                       std::string_view("[^\0]+", 5),
                                       "(()",
                                       "(((((((((((((((((((((((((((((((((a",
                                       "[a-c-e]",
                                       "[]-a]",
                                       "[^-a]",
                                       "%f[^%w]",
                                       "%f[%z]",
                                       "(%f[%a]%a+%f[%A])"};
  Stock stock;
  for (const auto subject : subjects) {
    for (const auto pattern : patterns) {
      const std::string code = all_answers(subject, pattern);
      Sandbox sandbox(plain_options());
      ASSERT_EQ(run(sandbox, code), stock.run(code)) << "subject " << subject << "  pattern " << pattern;
    }
  }
}

TEST(Patterns, answer_as_stock_lua_does_on_random_patterns) {
  const std::string_view pieces[] = {"a",    "b",     "ab", ".",    "%a",     "%d", "%w", "%s", "[ab]",
                                     "[^a]", "[a-c]", "(",  ")",    "()",     "*",  "+",  "-",  "?",
                                     "^",    "$",     "%1", "%b()", "%f[ab]", "x",  "%",  "[",  "]"};
  std::mt19937 random(20260309);
  const auto pick = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  Stock stock;
  auto sandbox = std::make_unique<Sandbox>(plain_options());
  for (int round = 0; round < 4000; ++round) {
    std::string pattern;
    for (std::size_t n = pick(8); n > 0; --n) pattern += pieces[pick(std::size(pieces))];
    std::string subject;
    for (std::size_t n = pick(14); n > 0; --n) subject += "abc1 x()"[pick(8)];
    const std::string code = all_answers(subject, pattern);
    ASSERT_EQ(run(*sandbox, code), stock.run(code)) << "subject " << subject << "  pattern " << pattern;
  }
}

TEST(Patterns, gsub_takes_replacements_as_stock_lua_does) {
  Stock stock;
  for (const char* call : {"('abc'):gsub('b', '%%')",
                           "('abc'):gsub('b', '%2')",
                           "('abc'):gsub('(b)', '%1%1%0')",
                           "('abc'):gsub('b', '%x')",
                           "('abc'):gsub('b', '%')",
                           "('abc'):gsub('', '-')",
                           "('abc'):gsub('.', { a = 1, b = true })",
                           "('abc'):gsub('()', '%1')",
                           "('abc'):gsub('b', 7)",
                           "('abc'):gsub('b', nil)",
                           "('abc'):gsub('b', true)",
                           "('abc'):gsub('%w', '%0%0', 2)",
                           "('abc'):gsub('b', 'x', -1)",
                           "('abc'):gsub('b', 'x', 0)",
                           "('abc'):gsub('.', function() end)",
                           "('abc'):gsub('.', function() return {} end)",
                           "('abc def'):gsub('%f[%w]%w+', string.upper)",
                           "(5):rep(3)",
                           "('x'):gsub()",
                           "('hello'):find('l', 1, true)",
                           "('a.b'):find('.', 1, true)",
                           "('a'):find('', 2)",
                           "('a'):find('', 3)",
                           "('a'):find('', -5)",
                           "('abc'):find('b', nil, true)",
                           "('abc'):match('b', 2.5)",
                           "('x'):find({})"}) {
    const std::string code = std::string(
                                 "local out = {} local function show(...) for i = 1, select('#', ...) do out[i] = "
                                 "tostring((select(i, ...))) end end "
                                 "show(pcall(function() return ") +
                             call + " end)) return table.concat(out, '|')";
    EXPECT_EQ(run(code), stock.run(code)) << call;
  }
}

TEST(Format, prints_as_stock_lua_does) {
  Stock stock;
  for (const char* call : {"('%d'):format(3)",
                           "('%5d|%-5d|%05d|%+d|% d'):format(1, 2, 3, 4, 5)",
                           "('%5.2s|%.3s|%10s|%-10s|'):format('abc', 'abcdef', 'x', 'y')",
                           "('%x %X %#x %o'):format(255, 255, 255, 8)",
                           "('%c%c'):format(72, 105)",
                           "('%e %E %g %G %f'):format(1.5, 1.5, 1e20, 1e-10, 2)",
                           "('%a'):format(1)",
                           "('%.3f %10.1f'):format(3.14159, 2.5)",
                           "('%i'):format(42)",
                           "('%s %s %s'):format(nil, true, 1.0)",
                           "('%q'):format('a\\n\"\\\\\\0x\\r1')",
                           "('%q %q %q'):format(1, 1.5, math.mininteger)",
                           "('%q'):format(1/0)",
                           "('%q'):format(0/0)",
                           "('%%'):format()",
                           "('%d'):format(3.0)",
                           "('%d'):format('10')",
                           "('%s'):format()",
                           "('%5%'):format()",
                           "('%y'):format(1)",
                           "('%d'):format(3.5)",
                           "('%d'):format('x')",
                           "('%10q'):format('x')",
                           "('%q'):format({})",
                           "('%'):format(1)",
                           "('%123d'):format(1)",
                           "('%.123d'):format(1)",
                           "('%s'):format(('x'):rep(200))",
                           "('%20s'):format('a\\0b')",
                           "('%.20s'):format(('x'):rep(200))",
                           "('%-5c|'):format(65)",
                           "('%5s'):format(setmetatable({}, { __tostring = function() return 'hi' end }))",
                           "('%.0f'):format(0.5)",
                           "('%5.1f|%-8.3e|'):format(1.25, 12345.678)",
                           "('%+.3d'):format(7)",
                           "('% 5d'):format(7)",
                           "('%#o'):format(8)",
                           "('%.f'):format(1.5)",
                           "('%s'):format(setmetatable({}, { __tostring = function() return 1 end }))",
                           "('%i %u'):format(1, 2)",
                           "('%.3q'):format('x')"}) {
    const std::string code =
        std::string("local ok, text = pcall(function() return ") + call + " end) return (ok and text or 'error') .. ''";
    EXPECT_EQ(run(code), stock.run(code)) << call;
  }
}

TEST(Tables, behave_as_in_stock_lua) {
  Stock stock;
  for (const char* body :
       {"local t = {1,2,3} table.insert(t, 4) table.insert(t, 1, 0) return table.concat(t, ',')",
        "local t = {1,2,3} return table.remove(t) .. table.remove(t, 1) .. table.concat(t) .. "
        "tostring(table.remove({}))",
        "local t = {1,2,3} return tostring(table.remove(t, 4)) .. #t",
        "table.insert({1}, 5, 1)",
        "table.insert({1})",
        "table.insert({1}, 1, 2, 3)",
        "return table.concat({1, 2.5, 'x'}, '-')",
        "return table.concat({1,2,3}, ', ', 2, 3)",
        "return table.concat({}, 'x') .. table.concat({1,2,3}, 'x', 3, 2)",
        "table.concat({{}})",
        "return table.concat(table.move({1,2,3,4}, 2, 4, 1), ',')",
        "return table.concat(table.move({1,2,3,4}, 1, 3, 2), ',')",
        "return table.concat(table.move({1,2,3}, 1, 3, 1, {}), ',')",
        "table.move({}, 1, math.maxinteger, 2)",
        "table.move({}, -1, math.maxinteger, 2)",
        "return table.pack(1, nil, 3).n",
        "return select('#', table.unpack({1, nil, 3}, 1, 3))",
        "return select('#', table.unpack({}, 1, 0))",
        "local t = {3,1,2} table.sort(t, function(a, b) return a > b end) return table.concat(t)",
        "table.sort({1,2}, 3)",
        "table.sort(3)",
        "return math.type(1) .. math.type(1.0) .. math.maxinteger .. math.floor(2.7) .. math.tointeger(3.0)",
        "return utf8.char(228, 8364, 128512) .. utf8.len('\\xc3\\xa4x') .. utf8.codepoint('\\xc3\\xa4') .. "
        "utf8.offset('\\xc3\\xa4x', 2)",
        "local s = '' for p, c in utf8.codes('\\xc3\\xa4x') do s = s .. p .. c .. ' ' end return s",
        "return tostring(tonumber('0x10')) .. tostring(tonumber('z', 36)) .. tostring(tonumber('x')) .. "
        "tostring(tonumber('1e1'))",
        "return rawlen({1,2}) .. tostring(rawequal('a', 'a')) .. rawget({ a = 5 }, 'a') .. #rawset({}, 1, 2)",
        "local s = '' for i, v in ipairs(setmetatable({}, { __index = function(_, i) if i < 4 then return i * 2 end "
        "end })) do s = s .. v end return s",
        "return select(-1, 1, 2, 3) .. select('#')"}) {
    const std::string code = std::string("local ok, text = pcall(function() ") + body +
                             " end) return tostring(ok) .. tostring(text):gsub('test.lua:%d+: ', '')";
    EXPECT_EQ(run(code), stock.run(code)) << body;
  }
}

}  // namespace
}  // namespace baton::script
