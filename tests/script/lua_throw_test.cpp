// How Lua's errors and waits come through C++ (lua_throw.cpp): as exceptions that clean up on their way.
#include <gtest/gtest.h>
#include <malloc.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "runtime/script/sandbox.hpp"

namespace baton::script {
namespace {

struct CountsItsEnd {
  int& ends;
  ~CountsItsEnd() { ++ends; }
};

int ends = 0;

int raise_behind_a_guard(lua_State* state) {
  const CountsItsEnd guard{ends};
  return luaL_error(state, "no such ward");
}

int wait_behind_a_guard(lua_State* state) {
  const CountsItsEnd guard{ends};
  return lua_yield(state, 0);
}

// As a destructor may: it fails inside, and keeps that to itself.
struct FailsInside {
  lua_State* state;
  ~FailsInside() {
    lua_pushcfunction(state, raise_behind_a_guard);
    EXPECT_EQ(lua_pcall(state, 0, 0, 0), LUA_ERRRUN);
    lua_pop(state, 1);
  }
};

int raise_behind_a_guard_that_fails_inside(lua_State* state) {
  const FailsInside guard{state};
  return luaL_error(state, "the outer one");
}

class LuaThrow : public ::testing::Test {
 protected:
  void SetUp() override { ends = 0; }
  void expect_error(lua_CFunction function, const char* message) {
    lua_State* const state = sandbox.state();
    lua_pushcfunction(state, function);
    ASSERT_EQ(lua_pcall(state, 0, 0, 0), LUA_ERRRUN);
    EXPECT_STREQ(lua_tostring(state, -1), message);
    lua_pop(state, 1);
    EXPECT_EQ(ends, 1);
  }
  Sandbox sandbox;
};

TEST_F(LuaThrow, an_error_ends_what_is_alive_on_its_way_and_arrives_whole) {
  expect_error(raise_behind_a_guard, "no such ward");
}

TEST_F(LuaThrow, a_wait_ends_what_is_alive_on_its_way) {
  lua_State* const coroutine = lua_newthread(sandbox.state());
  lua_pushcfunction(coroutine, wait_behind_a_guard);
  int results = 0;
  EXPECT_EQ(lua_resume(coroutine, nullptr, 0, &results), LUA_YIELD);
  EXPECT_EQ(ends, 1);
}

TEST_F(LuaThrow, an_error_may_be_raised_and_caught_while_another_is_on_its_way) {
  expect_error(raise_behind_a_guard_that_fails_inside, "the outer one");
}

TEST_F(LuaThrow, ten_thousand_errors_leave_no_memory_behind) {
  lua_State* const state = sandbox.state();
  const std::size_t before = mallinfo2().uordblks;
  for (int i = 0; i < 10'000; ++i) {
    lua_pushcfunction(state, raise_behind_a_guard);
    ASSERT_EQ(lua_pcall(state, 0, 0, 0), LUA_ERRRUN);
    lua_pop(state, 1);
  }
  lua_gc(state, LUA_GCCOLLECT);
  EXPECT_LT(mallinfo2().uordblks, before + 65'536);
  EXPECT_EQ(ends, 10'000);
}

TEST_F(LuaThrow, an_error_may_be_raised_while_an_exception_is_handled) {
  try {
    throw std::runtime_error("ours");
  } catch (const std::runtime_error& ours) {
    expect_error(raise_behind_a_guard, "no such ward");
    EXPECT_STREQ(ours.what(), "ours");
  }
}

TEST_F(LuaThrow, what_is_no_error_of_luas_is_caught_by_its_type_as_ever) {
  EXPECT_THROW(throw std::runtime_error("ours"), std::runtime_error);
  try {
    throw std::make_unique<int>(7);
  } catch (const std::unique_ptr<int>& caught) {
    EXPECT_EQ(*caught, 7);
  }
  EXPECT_EQ(std::uncaught_exceptions(), 0);
}

}  // namespace
}  // namespace baton::script
