// Copies of a Sandbox: each goes on where the pictured one stood, knows nothing of the others, and outlives it.
#include "runtime/script/sandbox_image.hpp"

#include <gtest/gtest.h>

#include "runtime/script/program.hpp"
#include "runtime/script/standard_library.hpp"
#include "tests/script/script_fixture.hpp"

namespace baton::script {
namespace {

// Something of every kind that Lua has and that lies in its memory.
constexpr std::string_view kRich = R"(
  rules = { due = '4h', [3] = 'three', [2.5] = 'half', [true] = 'yes', list = { 1, 2, 3, { deep = 'down' } } }
  for i = 1, 300 do rules['field_' .. i] = { number = i, text = ('long '):rep(i % 40) } end
  local count = 0
  function next_count() count = count + 1 return count end
  local function fact(n) if n < 2 then return 1 end return n * fact(n - 1) end
  factorial = fact
  Ward = {}
  Ward.__index = Ward
  Ward.__call = function(self, by) return self.name .. ' called by ' .. by end
  Ward.__add = function(a, b) return a.beds + b.beds end
  function Ward.new(name, beds) return setmetatable({ name = name, beds = beds }, Ward) end
  ward = Ward.new('4B', 12)
  weekday = string.format('%s-%d', 'mon', 1)
)";

void collect_garbage(Sandbox& sandbox) {
  ASSERT_TRUE(sandbox.protect([](lua_State* state) { lua_gc(state, LUA_GCCOLLECT); }).ok());
}

TEST(SandboxImage, a_copy_goes_on_where_the_pictured_one_stood) {
  const auto image = picture(kRich);
  ASSERT_NE(image, nullptr);
  Sandbox copy(plain_options(), *image);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(run(copy, "return rules.due .. rules[3] .. rules[2.5] .. rules[true] .. rules.list[4].deep"),
              "4hthreehalfyesdown");
    EXPECT_EQ(run(copy,
                  "local sum = 0 for i = 1, 300 do sum = sum + rules['field_' .. i].number + "
                  "#rules['field_' .. i].text end return sum"),
              "73500");
    EXPECT_EQ(run(copy, "return next_count()"), std::to_string(round + 1));
    EXPECT_EQ(run(copy, "return factorial(10)"), "3628800");
    EXPECT_EQ(run(copy, "return ward('Ada') .. (ward + Ward.new('5A', 3))"), "4B called by Ada15");
    EXPECT_EQ(run(copy, "return ('abc'):upper() .. weekday"), "ABCmon-1");
    EXPECT_EQ(run(copy, "return require('json').encode(rules.list)"), R"([1,2,3,{"deep":"down"}])");
    collect_garbage(copy);
  }
}

TEST(SandboxImage, copies_know_nothing_of_each_other) {
  const auto image = picture(kRich);
  ASSERT_NE(image, nullptr);
  Sandbox one(plain_options(), *image);
  Sandbox other(plain_options(), *image);
  EXPECT_EQ(run(one, "rules.due = '8h' string.upper = nil Ward.__add = nil next_count() secret = 1"), "nil");
  collect_garbage(one);
  EXPECT_EQ(run(other, "return rules.due .. ('a'):upper() .. (ward + ward) .. next_count() .. tostring(secret)"),
            "4hA241nil");
}

TEST(SandboxImage, a_copy_grows_and_is_collected_like_any_other) {
  const auto image = picture(kRich);
  ASSERT_NE(image, nullptr);
  Sandbox copy(plain_options(), *image);
  EXPECT_EQ(run(copy, "for i = 301, 3000 do rules['field_' .. i] = { number = i } end return rules.field_3000.number"),
            "3000");
  EXPECT_EQ(run(copy, "for i = 1, 3000 do rules['field_' .. i] = nil end return rules.field_1"), "nil");
  const std::size_t before = copy.memory_used();
  collect_garbage(copy);
  EXPECT_LT(copy.memory_used(), before / 2);
  EXPECT_EQ(run(copy, "return rules.due .. factorial(3)"), "4h6");
}

TEST(SandboxImage, a_copy_can_be_kept_and_rewound) {
  Sandbox copy(plain_options(), fresh_image());
  ASSERT_TRUE(copy.keep());
  EXPECT_EQ(run(copy, "left = {} for i = 1, 2000 do left[i] = 'line ' .. i end string.upper = nil return #left"),
            "2000");
  copy.rewind();
  EXPECT_EQ(run(copy, "return tostring(left) .. ('a'):upper()"), "nilA");
}

TEST(SandboxImage, a_table_that_is_keyed_by_an_address_is_not_copied) {
  EXPECT_EQ(picture("seen = {} seen[{}] = true"), nullptr);
  EXPECT_EQ(picture("seen = {} seen[function() end] = true"), nullptr);
  EXPECT_EQ(picture("local hidden = { deep = { [{}] = 1 } } function look() return hidden end"), nullptr);
  EXPECT_EQ(picture("setmetatable(string, { __index = { [print or tostring] = 1, [{}] = 2 } })"), nullptr);
  EXPECT_NE(picture("seen = {} seen[tostring] = true"), nullptr) << "a C function has the same address everywhere";
  EXPECT_NE(picture("seen = {} seen[{}] = true seen = nil"), nullptr) << "nobody can reach it any more";
}

TEST(SandboxImage, a_state_with_a_coroutine_is_not_copied) {
  EXPECT_EQ(picture("waiting = coroutine.wrap(function() coroutine.yield(1) end) waiting()"), nullptr);
}

TEST(SandboxImage, a_copy_is_exact_whatever_lay_in_the_memory_before) {
  // Upvalues that close over the remains of open ones, stacks that grew and shrank, tables that were resized.
  const auto image = picture(R"(
    for i = 1, 5000 do local a, b, c = {}, { i }, 'line ' .. i local f = function() return a, b, c, i end f() end
    local function nest(n) local here = { n } local function get() return here end
      if n == 0 then return { get } end local all = nest(n - 1) all[#all + 1] = get return all end
    getters = nest(120)
    for i = 1, 200 do local t = {} for j = 1, i do t[j] = j t['k' .. j] = j end getters['t' .. i % 7] = t end
  )");
  ASSERT_NE(image, nullptr);
  for (int i = 0; i < 20; ++i) {
    Sandbox copy(plain_options(), *image);
    EXPECT_EQ(run(copy, "local sum = 0 for i = 1, 121 do sum = sum + getters[i]()[1] end return sum"), "7260");
    EXPECT_EQ(run(copy, "return #getters.t3 + getters.t3.k199"), "398");
    collect_garbage(copy);
  }
}

TEST(SandboxImage, every_shipped_workflow_begins_in_a_copy) {
  const auto program = Program::compile("shipped", shipped_bundle());
  ASSERT_TRUE(program.ok());
  for (const WorkflowDefinition& workflow : (*program)->workflows())
    EXPECT_NE(workflow.image, nullptr) << workflow.name;
}

}  // namespace
}  // namespace baton::script
