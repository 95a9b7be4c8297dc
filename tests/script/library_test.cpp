// What a script finds: the manual's behaviour, where ours replaces Lua's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/script/script_fixture.hpp"

namespace baton::script {
namespace {

using testing::HasSubstr;

// ---- order -------------------------------------------------------------------------------------------------------------

TEST(Pairs, walks_integers_then_numbers_then_texts_then_booleans) {
  EXPECT_EQ(run("local out = {} for k in pairs{ b = 1, [3] = 1, [true] = 1, a = 1, [2.5] = 1, [1] = 1, [-7] = 1, "
                "[false] = 1, B = 1, ['\\xff'] = 1, aa = 1, [-1.5] = 1 } do "
                "out[#out + 1] = (tostring(k):gsub('\\xff', 'ff')) end return table.concat(out, ' ')"),
            "-7 1 3 -1.5 2.5 B a aa b ff false true");
}

TEST(Pairs, walks_a_sequence_in_order) {
  EXPECT_EQ(run("local s = '' for i, v in pairs{ 'a', 'b', 'c' } do s = s .. i .. v end return s"), "1a2b3c");
  EXPECT_EQ(run("local s = '' for i, v in pairs{} do s = s .. i end return s"), "");
}

TEST(Pairs, lets_fields_be_assigned_and_removed_on_the_way) {
  EXPECT_EQ(run("local t = { a = 1, b = 2, c = 3, d = 4 } local s = '' for k, v in pairs(t) do s = s .. k .. v t[k] = "
                "nil t.c = nil end return s .. tostring(next(t))"),
            "a1b2d4nil");
  EXPECT_EQ(run("local t = { 1, 2, 3, 4 } local s = '' for k, v in pairs(t) do s = s .. v t[3] = nil t[k] = v * 10 end "
                "return s"),
            "124");
}

TEST(Pairs, walks_the_fields_that_were_there_when_it_began) {
  EXPECT_EQ(run("local t = { a = 1 } local n = 0 for k in pairs(t) do n = n + 1 t[k .. 'x'] = 1 end return n"), "1");
}

TEST(Pairs, refuses_keys_that_have_no_order) {
  EXPECT_THAT(run("for k in pairs{ [{}] = 1 } do end"), HasSubstr("a key is a table, which has no order"));
  EXPECT_THAT(run("for k in pairs{ [print or pcall] = 1 } do end"), HasSubstr("a key is a function"));
}

TEST(Pairs, walks_many_fields) {
  EXPECT_EQ(run("local t = {} for i = 1, 1000 do t['k' .. i] = i end local last, n = '', 0 for k, v in pairs(t) do "
                "assert(last < k) last = k n = n + v end return n"),
            "500500");
}

TEST(Pairs, asks_a_pairs_metamethod) {
  EXPECT_EQ(run("local t = setmetatable({}, { __pairs = function(t) return function(_, k) if not k then return 1, 'x' "
                "end end, t, nil end }) for k, v in pairs(t) do return v end"),
            "x");
}

TEST(Next, goes_in_the_order_of_pairs) {
  EXPECT_EQ(run("local s, t = '', { b = 1, a = 2, [1] = 3 } for k, v in next, t do s = s .. k .. v end return s"),
            "13a2b1");
  EXPECT_EQ(run("return next({})"), "nil");
}

// ---- calls -------------------------------------------------------------------------------------------------------------

TEST(Pcall, gives_results_and_errors_as_the_manual_says) {
  EXPECT_EQ(run("local ok, a, b = pcall(function(...) return ... end, 1, 2) return tostring(ok) .. a .. b"), "true12");
  EXPECT_EQ(run("local ok, e = pcall(error, { code = 7 }) return tostring(ok) .. e.code"), "false7");
  EXPECT_EQ(run("local ok, e = pcall(error) return tostring(ok) .. tostring(e)"), "falsenil");
  EXPECT_EQ(run("return select('#', pcall(function() end))"), "1");
}

TEST(Xpcall, hands_the_error_to_its_handler) {
  EXPECT_EQ(run("return select(2, xpcall(error, function(e) return e .. '!' end, 'no'))"), "no!");
  EXPECT_EQ(run("return select(2, xpcall(function(a, b) return a + b end, print or error, 1, 2))"), "3");
}

TEST(Call, a_table_with_a_call_metamethod_can_be_called) {
  EXPECT_EQ(run("local Ward = setmetatable({}, { __call = function(class, n) return n * 2 end }) return Ward(21)"),
            "42");
  EXPECT_EQ(run("local m = { __call = function() return 'x' end } setmetatable({}, m) local s = '' for k in pairs(m) "
                "do s = s .. k end return s"),
            "__call");
  EXPECT_EQ(run("local m = { __call = function() return 'x' end } setmetatable({}, m) local k = next(m) return k .. "
                "tostring(next(m, k))"),
            "__callnil");
}

TEST(Coroutine, creates_resumes_yields_and_ends) {
  EXPECT_EQ(
      run("local co = coroutine.create(function(a) local b = coroutine.yield(a + 1) return b * 2 end) "
          "local _, x = coroutine.resume(co, 1) local _, y = coroutine.resume(co, 10) "
          "return x .. ' ' .. y .. ' ' .. coroutine.status(co) .. ' ' .. tostring(select(2, coroutine.resume(co)))"),
      "2 20 dead cannot resume dead coroutine");
  EXPECT_EQ(run("local gen = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) return gen() + "
                "gen() + gen()"),
            "6");
  EXPECT_EQ(
      run("local co co = coroutine.create(function() return coroutine.status(co) .. tostring(coroutine.isyieldable()) "
          ".. tostring(select(2, coroutine.running())) end) return select(2, coroutine.resume(co))"),
      "runningtruefalse");
  EXPECT_EQ(run("local co = coroutine.create(function() coroutine.yield() end) coroutine.resume(co) return "
                "tostring(coroutine.close(co)) .. coroutine.status(co)"),
            "truedead");
  EXPECT_EQ(run("local co = coroutine.wrap(function() pcall(function() coroutine.yield(1) error('x') end) return 2 "
                "end) return co() + co()"),
            "3");
}

TEST(Coroutine, an_error_in_a_wrapped_coroutine_comes_out) {
  EXPECT_THAT(run("coroutine.wrap(function() error('lost') end)()"), HasSubstr("test.lua:1: lost"));
}

// ---- tables ------------------------------------------------------------------------------------------------------------

TEST(Sort, is_stable) {
  EXPECT_EQ(run("local t = {} for i = 1, 200 do t[i] = { key = i % 5, at = i } end table.sort(t, function(a, b) return "
                "a.key < b.key end) "
                "for i = 2, 200 do assert(t[i - 1].key < t[i].key or (t[i - 1].key == t[i].key and t[i - 1].at < "
                "t[i].at)) end return 'stable'"),
            "stable");
}

TEST(Sort, leaves_the_table_alone_when_the_comparator_fails) {
  EXPECT_EQ(run("local t = { 3, 1, 2 } pcall(table.sort, t, function() error('no') end) return table.concat(t)"),
            "312");
  EXPECT_THAT(run("table.sort{ 1, 'x' }"), HasSubstr("attempt to compare"));
}

TEST(Sort, sorts_numbers_and_texts) {
  EXPECT_EQ(run("local t = { 5, 2.5, -1, 9, 2 } table.sort(t) return table.concat(t, ' ')"), "-1 2 2.5 5 9");
  EXPECT_EQ(run("local t = { 'b', 'a', 'B', '', 'ab' } table.sort(t) return table.concat(t, ' ')"), " B a ab b");
}

// ---- strings -----------------------------------------------------------------------------------------------------------

TEST(Strings, arithmetic_takes_numbers_in_text) { EXPECT_EQ(run("return '10' + 1"), "11"); }

TEST(Strings, rep_repeats_with_a_separator) {
  EXPECT_EQ(run("return ('ab'):rep(3, ', ')"), "ab, ab, ab");
  EXPECT_EQ(run("return ('ab'):rep(0) .. ('ab'):rep(-1) .. ('ab'):rep(1, 'x')"), "ab");
}

TEST(Strings, tostring_names_the_kind_only) {
  EXPECT_EQ(run("return tostring(setmetatable({}, { __name = 'Ward' })) .. tostring(require('json').null) .. "
                "tostring(1.5) .. tostring(nil)"),
            "Wardnull1.5nil");
}

TEST(Errors, a_closed_part_of_lua_is_named_with_its_cure) {
  Sandbox sandbox(plain_options());
  ASSERT_TRUE(sandbox.load("a.lua", "io.open('x')", false).ok());
  const Status called = sandbox.call(sandbox.state(), 0, 0);
  ASSERT_FALSE(called.ok());
  EXPECT_THAT(called.error().cure, HasSubstr("activity"));
}

}  // namespace
}  // namespace baton::script
