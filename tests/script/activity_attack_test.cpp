// What a hostile or careless activity can do: its attempt fails, and the next one runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/script/activity_run.hpp"
#include "tests/script/script_fixture.hpp"

namespace baton {
namespace {

using script::attack_limit_ns;
using script::kSlower;
using script::thread_cpu_ns;
using testing::HasSubstr;

// As much slower as the scripts are, so that the limit that ends an attack is the same in every build.
std::uint64_t script_cpu_ns() { return thread_cpu_ns() / kSlower; }

std::shared_ptr<const Program> program_with(const std::string& body, CpuClock clock) {
  const auto program = Program::compile(
      "test",
      {{"activities/a.lua",
        "local http, hash, base64, json = require 'http', require 'hash', require 'base64', require 'json'\n"
        "return { attack = function(input)\n" +
            body + "\nend, well = function() return 'well' end }"}},
      clock);
  EXPECT_TRUE(program.ok()) << to_string(program.error());
  return *program;
}

Failure stopped(const std::string& body, CpuClock clock = &script_cpu_ns) {
  const auto program = program_with(body, clock);
  ActivityCache cache;
  Failure failure;
  std::uint64_t took = 0;
  for (int attempt = 0; attempt < 3; ++attempt) {
    const std::uint64_t begin = thread_cpu_ns();
    const ActivityStep step = cache.begin(program, "a.attack", "{}", {}).step();
    took = thread_cpu_ns() - begin;
    const auto* ended = std::get_if<ActivityEnded>(&step);
    EXPECT_NE(ended, nullptr) << body;
    if (ended != nullptr) failure = ended->outcome.failure;
    if (took < attack_limit_ns()) break;
  }
  EXPECT_LT(took, attack_limit_ns()) << body;
  const ActivityStep next = cache.begin(program, "a.well", "{}", {}).step();
  EXPECT_EQ(std::get<ActivityEnded>(next).outcome, Outcome::of("\"well\"")) << body;
  return failure;
}

TEST(ActivityAttack, endless_loops_end_the_attempt_and_leave_the_next_one_alone) {
  for (const char* body : {"while true do end", "while true do pcall(error) end",
                           "local s = ('x'):rep(8000000) while true do hash.sha256(s) end",
                           "local s = ('x'):rep(8000000) while true do hash.hmac_sha256(s, s) end",
                           "local s = ('x'):rep(4000000) while true do base64.encode(s) end",
                           "local s = ('eHh4'):rep(1000000) while true do base64.decode(s) end"}) {
    EXPECT_EQ(stopped(body).code, "BT306") << body;
  }
}

TEST(ActivityAttack, a_tower_of_protected_calls_ends_the_attempt) {
  EXPECT_THAT(stopped("local function f() pcall(f) f() end f()").code, testing::AnyOf("BT305", "BT306"));
}

TEST(ActivityAttack, memory_bombs_end_the_attempt_and_leave_the_next_one_alone) {
  // Without the clock, which would be first on a slow machine: the memory's limit alone does it.
  EXPECT_EQ(stopped("local t = {} while true do t[#t + 1] = {} end", nullptr).code, "BT305");
  EXPECT_EQ(stopped("pcall(function() local t = {} while true do t[#t + 1] = {} end end)", nullptr).code, "BT305");
}

TEST(ActivityAttack, waiting_where_it_cannot_is_refused) {
  EXPECT_THAT(stopped("table.sort({ 2, 1 }, function() http.get('http://h/') end)").message,
              HasSubstr("inside sort, gsub"));
  EXPECT_THAT(stopped("coroutine.wrap(function() http.get('http://h/') end)()").message,
              HasSubstr("coroutine of your own"));
}

TEST(ActivityAttack, headers_cannot_be_smuggled) {
  EXPECT_THAT(stopped("http.get('http://h/', { headers = { a = 'b\\r\\nx: y' } })").message, HasSubstr("line break"));
}

}  // namespace
}  // namespace baton
