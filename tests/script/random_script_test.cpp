// Programs put together at random from hostile pieces: whatever they do, they end in time, in a value or in an error.
#include <gtest/gtest.h>

#include <random>

#include "tests/script/script_fixture.hpp"

namespace baton::script {
namespace {

class Author {
 public:
  explicit Author(unsigned seed) : random_(seed) {}

  std::string program() {
    std::string out = "local json = require('json') local a, b, c, d = {}, 'text', 7, nil\n";
    for (std::size_t n = 2 + pick(6); n > 0; --n) out += statement(0) + "\n";
    return out + "return tostring(a) .. tostring(b)";
  }

 private:
  std::size_t pick(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  template <std::size_t kCount>
  std::string one_of(const std::string_view (&choices)[kCount]) {
    return std::string(choices[pick(kCount)]);
  }
  std::string variable() {
    static constexpr std::string_view kNames[] = {"a", "b", "c", "d", "a.x", "a[1]", "_G", "string", "b"};
    return one_of(kNames);
  }
  std::string value(int depth) {
    static constexpr std::string_view kValues[] = {
        "nil",
        "true",
        "0",
        "-1",
        "1",
        "3",
        "1e9",
        "1 << 62",
        "math.huge",
        "-math.huge",
        "0/0",
        "math.mininteger",
        "math.maxinteger",
        "2.5",
        "''",
        "'a'",
        "'%d'",
        "'.-'",
        "'(a*)*'",
        "'%b()'",
        "'[^%w]'",
        "'%f[%a]'",
        "'\\0\\xff'",
        "('x'):rep(1000)",
        "('ab'):rep(100000)",
        "{}",
        "{1, 2, 3}",
        "{ x = 1, y = { 2 } }",
        "json.null",
        "json.array()",
        "pcall",
        "error",
        "tostring",
        "next",
        "function(...) return ... end",
        "function() error(a) end",
        "function() while true do end end",
        "coroutine.create(function(...) return coroutine.yield(...) end)",
        "setmetatable({}, { __index = function(t, k) return k end, __call = function(...) return ... end })",
        "setmetatable({}, { __len = function() return 1 << 60 end, __eq = error, __lt = function() return true end })",
        "setmetatable({}, { __tostring = error, __concat = function(x, y) return y end })",
        "a",
        "b",
        "c",
        "_G",
        "coroutine.running()"};
    return depth < 3 && pick(4) == 0 ? call(depth + 1) : one_of(kValues);
  }
  std::string call(int depth) {
    static constexpr std::string_view kFunctions[] = {"assert",
                                                      "error",
                                                      "ipairs",
                                                      "select",
                                                      "type",
                                                      "tonumber",
                                                      "tostring",
                                                      "rawequal",
                                                      "rawlen",
                                                      "rawget",
                                                      "rawset",
                                                      "setmetatable",
                                                      "getmetatable",
                                                      "pcall",
                                                      "xpcall",
                                                      "pairs",
                                                      "next",
                                                      "require",
                                                      "string.byte",
                                                      "string.char",
                                                      "string.find",
                                                      "string.format",
                                                      "string.gmatch",
                                                      "string.gsub",
                                                      "string.len",
                                                      "string.lower",
                                                      "string.match",
                                                      "string.rep",
                                                      "string.reverse",
                                                      "string.sub",
                                                      "string.upper",
                                                      "table.concat",
                                                      "table.insert",
                                                      "table.move",
                                                      "table.pack",
                                                      "table.remove",
                                                      "table.sort",
                                                      "table.unpack",
                                                      "math.floor",
                                                      "math.max",
                                                      "math.fmod",
                                                      "math.tointeger",
                                                      "math.ult",
                                                      "utf8.char",
                                                      "utf8.codepoint",
                                                      "utf8.len",
                                                      "utf8.offset",
                                                      "utf8.codes",
                                                      "coroutine.create",
                                                      "coroutine.resume",
                                                      "coroutine.wrap",
                                                      "coroutine.status",
                                                      "coroutine.close",
                                                      "coroutine.yield",
                                                      "coroutine.isyieldable",
                                                      "json.encode",
                                                      "json.decode",
                                                      "json.array"};
    std::string out = one_of(kFunctions) + "(";
    for (std::size_t n = pick(5), i = 0; i < n; ++i) out += (i > 0 ? ", " : "") + value(depth + 1);
    return out + ")";
  }
  std::string statement(int depth) {
    switch (pick(depth < 2 ? 10 : 5)) {
      case 0:
      case 1: return variable() + " = " + value(0);
      case 2: return "pcall(" + value(0) + ", " + value(0) + ", " + value(0) + ")";
      case 3: return "d = select(2, pcall(function() return " + call(0) + " end))";
      case 4: return "b = b .. tostring(" + value(1) + ")";
      case 5: return "for i = 1, " + value(2) + " do " + statement(depth + 1) + " end";
      case 6: return "for k, v in pairs(a) do " + statement(depth + 1) + " end";
      case 7:
        return "xpcall(function() " + statement(depth + 1) + " end, function(e) " + statement(depth + 1) + " end)";
      case 8: return "coroutine.wrap(function() " + statement(depth + 1) + " end)()";
      default: return "while c do " + statement(depth + 1) + " end";
    }
  }
  std::mt19937 random_;
};

TEST(RandomScripts, always_end_in_time) {
  const char* const wanted = std::getenv("BATON_RANDOM_SCRIPTS");
  const unsigned count = wanted != nullptr ? static_cast<unsigned>(std::atoi(wanted)) : 100;
  int succeeded = 0;
  for (unsigned seed = 1; seed <= count; ++seed) {
    const std::string program = Author(seed).program();
    std::string outcome;
    std::uint64_t took = 0;
    for (int attempt = 0; attempt < 3; ++attempt) {  // The best of three, for a busy machine.
      const std::uint64_t begin = thread_cpu_ns();
      outcome = run(program);
      took = thread_cpu_ns() - begin;
      if (took < attack_limit_ns()) break;
    }
    EXPECT_LT(took, attack_limit_ns()) << "seed " << seed << "\n" << program << "\n" << outcome.substr(0, 300);
    succeeded += outcome.starts_with("error:") ? 0 : 1;
  }
  EXPECT_GT(succeeded, static_cast<int>(count / 20));
}

}  // namespace
}  // namespace baton::script
