// Every way to hang, crash or leave the sandbox that we know of. Each attack is stopped within attack_limit_ns() of processor
// time, and a neighbour Sandbox works on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/script/script_fixture.hpp"

namespace baton::script {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::StartsWith;

struct Attack : testing::Test {
  // Runs the attack, checks its time and the neighbour, and returns what came of it.
  std::string stopped(std::string_view code, Options options = plain_options()) {
    Sandbox neighbour(plain_options());
    EXPECT_EQ(run(neighbour, "kept = 'well' return kept"), "well");
    std::string outcome;
    std::uint64_t took = 0;
    // A machine that is busy with something else makes even processor time longer: the best of three counts.
    for (int attempt = 0; attempt < 3; ++attempt) {
      Sandbox sandbox(options, fresh_image());
      const std::uint64_t begin = thread_cpu_ns();
      outcome = run(sandbox, code);
      took = thread_cpu_ns() - begin;
      poisoned = sandbox.poisoned();
      if (took < attack_limit_ns()) break;
    }
    EXPECT_LT(took, attack_limit_ns()) << "took " << took / 1'000'000 << " ms";
    EXPECT_EQ(run(neighbour, "return kept"), "well");
    return outcome;
  }
  // Without the clock: the counted budgets alone do it.
  std::string stopped_by_counting(std::string_view code) {
    Options options = plain_options();
    options.cpu_clock_ns = nullptr;
    return stopped(code, options);
  }
  bool poisoned = false;
};

constexpr const char* kOutOfInstructions = "error: BT306";
constexpr const char* kOutOfMemory = "error: BT305";
constexpr const char* kScriptError = "error: BT303";

// ---- loops -------------------------------------------------------------------------------------------------------------

TEST_F(Attack, an_endless_loop_is_stopped) {
  EXPECT_THAT(stopped_by_counting("while true do end"), StartsWith(kOutOfInstructions));
  EXPECT_THAT(stopped_by_counting("::again:: goto again"), StartsWith(kOutOfInstructions));
  EXPECT_THAT(stopped_by_counting("for i = 1, math.huge do end"), StartsWith(kOutOfInstructions));
  EXPECT_THAT(stopped_by_counting("repeat until false"), StartsWith(kOutOfInstructions));
}

TEST_F(Attack, an_endless_loop_over_pcall_is_stopped) {
  EXPECT_THAT(stopped_by_counting("while true do pcall(function() while true do end end) end"),
              StartsWith(kOutOfInstructions));
  EXPECT_THAT(stopped_by_counting("local function f() while true do pcall(f) end end f()"),
              AnyOf(StartsWith(kOutOfInstructions), StartsWith(kScriptError)));
  EXPECT_THAT(stopped_by_counting("while true do pcall(error) end"), StartsWith(kOutOfInstructions));
}

TEST_F(Attack, an_endless_loop_in_an_xpcall_handler_is_stopped) {
  EXPECT_THAT(stopped_by_counting("xpcall(error, function() while true do end end)"), StartsWith(kOutOfInstructions));
  EXPECT_THAT(stopped_by_counting("xpcall(function() while true do end end, function() while true do end end)"),
              StartsWith(kOutOfInstructions));
  EXPECT_THAT(stopped_by_counting("local function h() return xpcall(error, h) end while true do h() end"),
              StartsWith(kOutOfInstructions));
}

TEST_F(Attack, an_endless_loop_in_a_finalizer_cannot_be_written) {
  EXPECT_THAT(stopped("setmetatable({}, { __gc = function() while true do end end })"), HasSubstr("__gc is closed"));
  // Set afterwards it has no effect: Lua looks for __gc when the metatable is set.
  EXPECT_EQ(stopped("local m = {} setmetatable({}, m) m.__gc = function() while true do end end "
                    "for i = 1, 100000 do local t = {} end return 'unharmed'"),
            "unharmed");
  EXPECT_THAT(stopped("local m = getmetatable(require('json').array{}) m.__gc = function() end"),
              StartsWith(kScriptError));
}

TEST_F(Attack, a_finalizer_that_is_added_later_never_runs) {
  EXPECT_EQ(stopped("ran = false local m = {} setmetatable({}, m) m.__gc = function() ran = true while true do end end "
                    "setmetatable({}, setmetatable({}, { __index = m })) "
                    "for i = 1, 100000 do local t = {} end return tostring(ran)"),
            "false");
}

TEST_F(Attack, a_weak_table_cannot_be_made) {
  EXPECT_THAT(stopped("setmetatable({}, { __mode = 'k' })"), HasSubstr("__mode is closed"));
  EXPECT_EQ(stopped("local m = {} local t = setmetatable({}, m) m.__mode = 'v' t[1] = {} for i = 1, 100000 do local u "
                    "= {} end return tostring(t[1])"),
            "table");
}

TEST_F(Attack, a_close_handler_cannot_be_made) {
  EXPECT_THAT(stopped("setmetatable({}, { __close = function() while true do end end })"),
              HasSubstr("__close is closed"));
  EXPECT_THAT(stopped("local m = {} local t = setmetatable({}, m) m.__close = function() while true do end end "
                      "do local x <close> = t end"),
              HasSubstr("variable 'x' got a non-closable value"));
}

TEST_F(Attack, a_chain_of_call_metamethods_cannot_be_made) {
  EXPECT_THAT(stopped("local t = {} setmetatable(t, { __call = t }) t()"), HasSubstr("__call must be a function"));
  EXPECT_THAT(stopped("local m = {} local t = setmetatable({}, m) m.__call = t t()"),
              HasSubstr("attempt to call a table value"));
}

TEST_F(Attack, a_long_chain_of_index_tables_is_stopped) {
  constexpr const char* kChain =
      "local t = {} for i = 1, 1900 do t = setmetatable({}, { __index = t, __newindex = t }) end ";
  EXPECT_THAT(stopped(std::string(kChain) + "while true do local x = t.x end"), StartsWith(kOutOfInstructions));
  EXPECT_THAT(stopped(std::string(kChain) + "while true do t.x = nil end"), StartsWith(kOutOfInstructions));
}

TEST_F(Attack, walking_an_emptied_table_for_ever_is_stopped) {
  EXPECT_THAT(stopped("local t = {} for i = 1, 200000 do t[i + 0.5] = i end for i = 1, 200000 do t[i + 0.5] = nil end "
                      "while true do for k in pairs(t) do end end"),
              StartsWith(kOutOfInstructions));
  EXPECT_THAT(stopped("local t = {} for i = 1, 20000 do t[i + 0.5] = i end for k in next, t do end"),
              StartsWith(kOutOfInstructions));
}

TEST_F(Attack, reading_numbers_from_long_texts_for_ever_is_stopped) {
  EXPECT_THAT(stopped("local s = ('1'):rep(8000000) while true do local x = s + 1 end"),
              StartsWith(kOutOfInstructions));
  EXPECT_THAT(stopped_by_counting("local s = ('1'):rep(8000000) while true do local x = tonumber(s, 36) end"),
              StartsWith(kOutOfInstructions));
  EXPECT_THAT(
      stopped(
          "local s = '[' .. ('1,'):rep(3000000) .. '1]' local json = require('json') while true do json.decode(s) end"),
      StartsWith("error: BT30"));
}

TEST_F(Attack, endless_loops_in_coroutines_are_stopped) {
  EXPECT_THAT(stopped_by_counting("coroutine.wrap(function() while true do end end)()"),
              StartsWith(kOutOfInstructions));
  EXPECT_THAT(stopped_by_counting("while true do coroutine.wrap(function() for i = 1, 90 do end end)() end"),
              StartsWith(kOutOfInstructions));
  EXPECT_THAT(
      stopped_by_counting("while true do coroutine.resume(coroutine.create(function() while true do end end)) end"),
      StartsWith(kOutOfInstructions));
  EXPECT_THAT(
      stopped("local c = coroutine.wrap(function() while true do coroutine.yield() end end) while true do c() end"),
      StartsWith(kOutOfInstructions));
  EXPECT_THAT(stopped("while true do coroutine.wrap(function() error('x') end) pcall(coroutine.wrap(function() "
                      "error('x') end)) end"),
              StartsWith(kOutOfInstructions));
}

TEST_F(Attack, a_loop_of_index_metamethods_is_stopped) {
  EXPECT_THAT(stopped("local t = {} setmetatable(t, { __index = t }) t.x = t.y t = setmetatable({}, {}) "
                      "getmetatable(t).__index = t return t.x"),
              HasSubstr("loop"));
  EXPECT_THAT(stopped("local t = setmetatable({}, { __index = function(t, k) return t[k .. 'x'] end }) return t.a"),
              StartsWith("error"));
}

// ---- patterns ----------------------------------------------------------------------------------------------------------

TEST_F(Attack, catastrophic_backtracking_is_stopped) {
  EXPECT_THAT(stopped_by_counting("return (('a'):rep(200)):match('.-.-.-.-.-.-.-.-.-b')"), HasSubstr("too many steps"));
  EXPECT_THAT(stopped_by_counting("return (('a'):rep(200)):find(('a*'):rep(30) .. 'b')"), HasSubstr("too many steps"));
  EXPECT_THAT(stopped_by_counting("return (('a'):rep(200)):gsub(('a*'):rep(30) .. 'b', '')"),
              HasSubstr("too many steps"));
  EXPECT_THAT(stopped_by_counting("for x in (('a'):rep(200)):gmatch(('a*'):rep(30) .. 'b') do end"),
              HasSubstr("too many steps"));
  EXPECT_THAT(stopped_by_counting("while true do pcall(string.find, ('a'):rep(200), ('a*'):rep(30) .. 'b') end"),
              StartsWith(kOutOfInstructions));
}

TEST_F(Attack, a_pattern_that_nests_deeply_is_refused) {
  EXPECT_THAT(stopped("return ('a'):rep(300000):find(('a?'):rep(300000))"), HasSubstr("pattern too complex"));
  EXPECT_THAT(stopped("return ('a'):rep(300000):find(('a-'):rep(300000) .. 'b')"), HasSubstr("pattern too complex"));
}

TEST_F(Attack, long_subjects_are_stopped) {
  EXPECT_THAT(stopped_by_counting("local s = ('a'):rep(8000000) while true do s:find('b') end"),
              StartsWith(kOutOfInstructions));
  EXPECT_THAT(
      stopped_by_counting("local s = ('a'):rep(4000000) while true do s:find(('a'):rep(100000) .. 'b', 1, true) end"),
      StartsWith(kOutOfInstructions));
  EXPECT_THAT(stopped("local s = ('a'):rep(4000000) return s:find('[' .. ('b'):rep(10000) .. ']')"),
              StartsWith("error"));
  EXPECT_THAT(stopped("local s = ('a'):rep(4000000) return s:find('.*%f[b]')"), StartsWith("error"));
  EXPECT_THAT(stopped("local s = ('('):rep(4000000) return s:find('%b()')"), StartsWith("error"));
  EXPECT_THAT(stopped("return (('a'):rep(100000)):find('(.-)%1%1%1b')"), StartsWith("error"));
}

// ---- memory ------------------------------------------------------------------------------------------------------------

TEST_F(Attack, string_rep_bombs_are_stopped) {
  EXPECT_THAT(stopped("return ('x'):rep(1e9)"), HasSubstr("too large"));
  EXPECT_THAT(stopped("return ('x'):rep(1e18)"), HasSubstr("too large"));
  EXPECT_THAT(stopped("return ('x'):rep(1 << 62, 'yyyy')"), HasSubstr("too large"));
  EXPECT_THAT(stopped("return (''):rep(1 << 62, '')"), "");
  EXPECT_THAT(stopped_by_counting("while true do ('x'):rep(8000000) end"), StartsWith(kOutOfInstructions));
  EXPECT_THAT(stopped_by_counting("local t = {} while true do t[#t + 1] = ('x'):rep(1000000) .. #t end"),
              StartsWith(kOutOfMemory));
}

TEST_F(Attack, concatenation_bombs_are_stopped) {
  EXPECT_THAT(stopped_by_counting("local s = 'x' while true do s = s .. s end"), StartsWith(kOutOfMemory));
  EXPECT_THAT(stopped_by_counting("local s = 'x' while true do pcall(function() s = s .. s end) end"),
              StartsWith(kOutOfMemory));
  EXPECT_THAT(stopped_by_counting("local s = ('x'):rep(4000000) while true do local t = s .. s end"),
              StartsWith(kOutOfInstructions));
  EXPECT_THAT(stopped("local t = {} for i = 1, 1000 do t[i] = ('x'):rep(100000) end return table.concat(t)"),
              StartsWith("error"));
  EXPECT_THAT(
      stopped("local s = ('x'):rep(1000) local t = {} for i = 1, 100000 do t[i] = s end return table.concat(t, s)"),
      HasSubstr("too large"));
}

TEST_F(Attack, a_memory_budget_hit_inside_a_pcall_poisons) {
  EXPECT_THAT(
      stopped_by_counting("pcall(function() local t = {} while true do t[#t + 1] = {} end end) return 'survived'"),
      StartsWith(kOutOfMemory));
  EXPECT_TRUE(poisoned);
  EXPECT_THAT(stopped_by_counting(
                  "pcall(function() local t = {} for i = 1, 8 do t[i] = ('x'):rep(3500000, tostring(i)) end end) "
                  "return 'survived'"),
              StartsWith(kOutOfMemory));
  EXPECT_THAT(
      stopped_by_counting("coroutine.resume(coroutine.create(function() local t = {} while true do t[#t + 1] = {} end "
                          "end)) return 'survived'"),
      StartsWith(kOutOfMemory));
}

TEST_F(Attack, huge_tables_are_stopped) {
  EXPECT_THAT(stopped_by_counting("local t = {} for i = 1, 1e9 do t[i] = i end"), StartsWith(kOutOfMemory));
  EXPECT_THAT(stopped("local t = {} for i = 1, 1e9 do t['k' .. i] = i end"),
              AnyOf(StartsWith(kOutOfMemory), StartsWith(kOutOfInstructions)));
  EXPECT_THAT(stopped("local function f(...) return ... end local t = {} for i = 1, 60000 do t[i] = i end while true "
                      "do local u = { table.unpack(t) } end"),
              StartsWith(kOutOfInstructions));
  EXPECT_THAT(stopped("return table.unpack({}, 1, 1e8)"), HasSubstr("too many results"));
  EXPECT_THAT(stopped("return table.unpack({}, math.mininteger, math.maxinteger)"), HasSubstr("too many results"));
  EXPECT_THAT(stopped("return select('#', string.byte(('x'):rep(8000000), 1, -1))"), StartsWith("error"));
}

TEST_F(Attack, living_at_the_edge_of_the_memory_cap_is_stopped) {
  // Each concatenation needs a full collection first.
  EXPECT_THAT(stopped_by_counting("local keep = {} for i = 1, 300000 do keep[i] = {} end local s = ('x'):rep(1000000) "
                                  "while true do local t = s .. s .. s end"),
              StartsWith(kOutOfMemory));
}

TEST_F(Attack, a_library_buffer_that_does_not_fit_poisons_inside_a_pcall) {
  Options options = plain_options();
  options.memory = 1'450'000;
  options.cpu_clock_ns = nullptr;
  EXPECT_THAT(stopped("local keep = {} for i = 1, 100 do keep[i] = ('x'):rep(10000) .. i end "
                      "pcall(string.gsub, ('x'):rep(150000), 'x', 'xx') return 'survived'",
                      options),
              StartsWith(kOutOfMemory));
}

TEST_F(Attack, format_bombs_are_stopped) {
  EXPECT_THAT(stopped("return ('%99999d'):format(1)"), HasSubstr("invalid conversion"));
  EXPECT_THAT(stopped("return ('%.99999f'):format(1)"), HasSubstr("invalid conversion"));
  EXPECT_THAT(stopped("local s = ('x'):rep(4000000) return ('%s%s%s%s%s'):format(s, s, s, s, s)"), StartsWith("error"));
  EXPECT_EQ(stopped("return #('%.99f'):format(-1e308)"), "410");
  EXPECT_THAT(stopped("return ('%-+ #0-+ #0-+ #0-+ #0-+ #0d'):format(1)"), HasSubstr("invalid conversion"));
}

TEST_F(Attack, utf8_floods_are_stopped) {
  EXPECT_THAT(
      stopped("local t = {} for i = 1, 60000 do t[i] = 0x10FFFF end while true do utf8.char(table.unpack(t)) end"),
      StartsWith(kOutOfInstructions));
  EXPECT_THAT(stopped_by_counting("local s = ('x'):rep(8000000) while true do utf8.len(s) end"),
              StartsWith(kOutOfInstructions));
  EXPECT_THAT(stopped_by_counting("local s = ('x'):rep(8000000) while true do utf8.offset(s, 7000000) end"),
              StartsWith(kOutOfInstructions));
  EXPECT_THAT(stopped("return utf8.codepoint(('x'):rep(8000000), 1, -1)"), StartsWith("error"));
}

// ---- depth -------------------------------------------------------------------------------------------------------------

TEST_F(Attack, deep_recursion_is_stopped) {
  EXPECT_THAT(stopped_by_counting("local function f() return 1 + f() end return f()"),
              AnyOf(HasSubstr("stack overflow"), StartsWith(kOutOfMemory)));
  EXPECT_THAT(stopped("local function f(s) return (s:gsub('.', f)) end return f('x')"), HasSubstr("overflow"));
  EXPECT_THAT(stopped("local function f() return pcall(f) end return f()"), StartsWith(""));
  EXPECT_THAT(stopped("local function f() local ok = pcall(f) while true do end end return f()"),
              StartsWith(kOutOfInstructions));
  EXPECT_THAT(stopped("local t = setmetatable({}, { __eq = function(a, b) return a == b end, __lt = function(a, b) "
                      "return a < b end, "
                      "__concat = function(a, b) return a .. b end }) return t .. t"),
              HasSubstr("overflow"));
  EXPECT_THAT(stopped("local function f() return coroutine.wrap(f)() end return f()"), StartsWith(kScriptError));
  EXPECT_THAT(stopped("local function f(t) table.sort({2, 1}, f) end f()"), HasSubstr("overflow"));
  EXPECT_THAT(stopped("local t = setmetatable({}, {}) getmetatable(t).__tostring = function() return tostring(t) end "
                      "return tostring(t)"),
              HasSubstr("overflow"));
  EXPECT_THAT(stopped("local s = ('('):rep(1000) .. (')'):rep(1000) return ('x'):find(s)"), StartsWith("error"));
}

TEST_F(Attack, deeply_nested_source_is_refused) {
  EXPECT_THAT(stopped(std::string("return ") + std::string(10'000, '(') + "1" + std::string(10'000, ')')),
              StartsWith("error: BT304"));
  EXPECT_THAT(stopped(std::string("return ") + std::string(10'000, '{') + std::string(10'000, '}')),
              StartsWith("error: BT304"));
}

TEST_F(Attack, deeply_nested_json_is_refused) {
  EXPECT_THAT(stopped("return require('json').decode(('['):rep(100000))"), HasSubstr("nested too deeply"));
  EXPECT_THAT(stopped("local t = {} for i = 1, 100000 do t = { t } end return require('json').encode(t)"),
              HasSubstr("nested deeper"));
  EXPECT_THAT(stopped("local t = {} for i = 1, 60 do t = { t, t } end return require('json').encode(t)"),
              HasSubstr("larger than"));
}

// ---- table functions ---------------------------------------------------------------------------------------------------

TEST_F(Attack, lengths_that_lie_are_stopped) {
  for (const char* call : {"table.insert(t, 1, 'x')", "table.remove(t, 1)", "table.concat(t)", "table.sort(t)",
                           "table.unpack(t)", "table.move(t, 1, 1 << 60, 2)", "table.move(t, 1, 1 << 60, 2, {})"}) {
    SCOPED_TRACE(call);
    const std::string code =
        std::string(
            "local t = setmetatable({}, { __len = function() return 1 << 60 end, __index = function() return 'x' end, "
            "__newindex = function() end }) return ") +
        call;
    EXPECT_THAT(stopped(code), StartsWith("error"));
  }
}

TEST_F(Attack, moving_many_elements_for_ever_is_stopped) {
  const std::string fill = "local t = {} for i = 1, 100000 do t[i] = i end ";
  for (const char* call :
       {"table.insert(t, 1, 0)", "table.remove(t, 1)", "table.move(t, 1, 100000, 2)", "table.concat(t)",
        "table.sort(t)", "table.unpack(t, 1, 60000)", "next(t)", "for k in pairs(t) do break end"}) {
    SCOPED_TRACE(call);
    EXPECT_THAT(stopped_by_counting(fill + "while true do " + call + " end"), StartsWith("error: BT30"));
  }
}

TEST_F(Attack, a_comparator_that_lies_is_harmless) {
  EXPECT_EQ(stopped("local t = {} for i = 1, 1000 do t[i] = i end table.sort(t, function() return true end) return #t"),
            "1000");
  EXPECT_EQ(stopped("local t = {} for i = 1, 1000 do t[i] = i % 7 end local n = 0 table.sort(t, function() n = n + 1 "
                    "return n % 3 == 0 end) return #t"),
            "1000");
  EXPECT_EQ(stopped("local t = { 3, 1, 0/0, 2, 0/0, 5 } table.sort(t) return #t"), "6");
  EXPECT_THAT(stopped("local t = {} for i = 1, 100000 do t[i] = 100000 - i end while true do table.sort(t, function(a, "
                      "b) return a > b end) end"),
              StartsWith(kOutOfInstructions));
}

// ---- comparing long strings: the clock is the guard ---------------------------------------------------------------------

TEST_F(Attack, comparing_long_strings_for_ever_is_stopped) {
  EXPECT_THAT(
      stopped(
          "local a = ('x'):rep(7999999) .. 'a' local b = ('x'):rep(7999999) .. 'b' while true do local c = a < b end"),
      StartsWith(kOutOfInstructions));
  EXPECT_THAT(
      stopped(
          "local a = ('x'):rep(7999999) .. 'a' local b = ('x'):rep(7999999) .. 'b' while true do local c = a == b end"),
      StartsWith(kOutOfInstructions));
}

// ---- ways out ----------------------------------------------------------------------------------------------------------

TEST_F(Attack, closed_parts_of_lua_are_not_there) {
  for (const char* name :
       {"io",      "debug",     "load",        "loadstring",  "loadfile",      "dofile",     "collectgarbage",
        "package", "print",     "string.dump", "string.pack", "string.unpack", "os.execute", "os.getenv",
        "os.exit", "os.remove", "os.rename",   "os.tmpname",  "os.setlocale",  "warn"}) {
    EXPECT_EQ(stopped(std::string("return ") + name), "nil") << name;
  }
}

TEST_F(Attack, clocks_and_dice_say_what_to_use_instead) {
  for (const char* call : {"os.time()", "os.clock()", "os.date()"})
    EXPECT_THAT(stopped(std::string("return ") + call), HasSubstr("ctx:now()")) << call;
  for (const char* call : {"math.random()", "math.randomseed(1)"})
    EXPECT_THAT(stopped(std::string("return ") + call), HasSubstr("ctx:random()")) << call;
}

TEST_F(Attack, the_metatable_of_strings_is_out_of_reach) {
  EXPECT_EQ(stopped("return getmetatable('')"), "false");
  EXPECT_THAT(stopped("setmetatable('', {})"), StartsWith(kScriptError));
  EXPECT_THAT(stopped("getmetatable('').__index = nil"), StartsWith(kScriptError));
}

TEST_F(Attack, error_objects_with_a_hostile_tostring_are_not_asked) {
  EXPECT_THAT(stopped("error(setmetatable({}, { __tostring = function() while true do end end }))"),
              StartsWith(kScriptError));
  EXPECT_THAT(stopped("error(setmetatable({}, { __tostring = function() error('again') end }))"),
              StartsWith(kScriptError));
  EXPECT_THAT(stopped("error(setmetatable({}, { __index = function() while true do end end, __name = 'x', __pairs = "
                      "error, __len = error }))"),
              StartsWith(kScriptError));
  EXPECT_THAT(
      stopped("coroutine.wrap(function() error(setmetatable({}, { __tostring = error, __concat = error })) end)()"),
      StartsWith(kScriptError));
  EXPECT_THAT(stopped("local t = {} t.t = t error(t)"), HasSubstr("table"));
  EXPECT_THAT(stopped("error(('x'):rep(8000000))"), StartsWith(kScriptError));
  EXPECT_THAT(stopped("error('\\xff\\xfe')"), StartsWith(kScriptError));
  EXPECT_THAT(stopped("error()"), StartsWith(kScriptError));
}

TEST_F(Attack, addresses_are_not_shown) {
  EXPECT_EQ(stopped("return tostring({}) .. tostring(print) .. tostring(pcall) .. tostring(coroutine.create(pcall))"),
            "tablenilfunctionthread");
  EXPECT_THAT(stopped("return ('%p'):format({})"), HasSubstr("%p is closed"));
  EXPECT_EQ(stopped("return ('%s'):format(pcall)"), "function");
}

TEST_F(Attack, damage_to_the_library_stays_in_its_own_sandbox) {
  EXPECT_EQ(
      stopped(
          "string.format = nil string.rep = nil math = nil table.insert = nil pcall = nil _G.next = nil return 'done'"),
      "done");
  EXPECT_EQ(run("return ('%d'):format(3)"), "3");
}

TEST_F(Attack, a_script_cannot_meddle_with_the_owners_coroutine) {
  EXPECT_THAT(stopped("return coroutine.yield(1)"), HasSubstr("use ctx:sleep"));
  EXPECT_THAT(stopped("local co = coroutine.running() coroutine.wrap(function() assert(coroutine.resume(co)) end)()"),
              HasSubstr("cannot resume a coroutine of the workflow itself"));
  EXPECT_THAT(stopped("coroutine.close((coroutine.running()))"), HasSubstr("cannot close"));
}

}  // namespace
}  // namespace baton::script
