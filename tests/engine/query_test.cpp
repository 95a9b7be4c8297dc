// Queries, validators and hooks leave no trace: a case goes on as if it had not been asked.
#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

// `asked` is the body of what the case is asked with; it may use `shared`, which the case returns in the end.
class QueryTest : public InstanceFixture {
 protected:
  void given_asked(const std::string& asked) {
    given("saved = ctx  shared = { list = {} }  ctx:wait_signal('go')  return { g = G or 'none', n = #shared.list }",
          "queries = { ask = function(attributes, arguments) " + asked +
              " end, plain = function() return #shared.list end },"
              "updates = { ask = { validate = function(attributes, arguments) " +
              asked + " end, apply = function() return 'done' end } },");
    start();
  }
  void expect_no_trace() {
    when(RunQuery{"plain", "", 2});
    ASSERT_TRUE(replies_.at(0).answer.ok());
    EXPECT_EQ(replies_.at(0).answer.value(), "0");
    when(SendSignal{"go", "", "", {}, 3});
    EXPECT_EQ(status(), InstanceStatus::completed);
    EXPECT_EQ(result(), R"({"g":"none","n":0})");
    EXPECT_TRUE(incidents_.empty());
  }
};

TEST_F(QueryTest, one_that_never_ends_or_needs_all_memory_is_refused_and_that_is_all) {
  for (const char* asked :
       {"while true do end", "pcall(function() while true do end end) return 1",
        "local t = {} while true do t[#t + 1] = ('x'):rep(100000) .. #t end",
        "pcall(function() local s = 'x' while true do s = s .. s end end) while true do shared.list[1] = {} end"}) {
    SCOPED_TRACE(asked);
    given_asked(asked);
    when(RunQuery{"ask", "", 2});
    const ErrorCode code = replies_.at(0).answer.error().code;
    EXPECT_TRUE(code == ErrorCode::script_instructions || code == ErrorCode::script_memory ||
                code == ErrorCode::script_error)
        << code_of(code);
    when(SendUpdate{"ask", "", "u1", {}, 2});
    EXPECT_EQ(replies_.at(0).answer.error().code, ErrorCode::update_rejected);
    expect_no_trace();
    journal_.clear();
  }
}

TEST_F(QueryTest, what_one_changes_is_as_it_was) {
  given_asked("G = (G or 0) + 1  shared.list[#shared.list + 1] = ('y'):rep(5000)  shared.more = { G }  return G");
  for (int i = 0; i < 3; ++i) {
    when(RunQuery{"ask", "", 2});
    EXPECT_EQ(replies_.at(0).answer.value(), "1");
    when(SendUpdate{"ask", "", "", {}, 2});
    EXPECT_NE(replies_.at(0).answer.value().find("done"), std::string::npos);
  }
  expect_no_trace();
}

TEST_F(QueryTest, one_that_has_laid_hands_on_ctx_reads_and_no_more) {
  for (const char* call : {"saved:random()", "saved:shield(function() end)", "saved:sleep('1h')", "saved:set('a', 1)",
                           "saved:all { a = function() end }"}) {
    SCOPED_TRACE(call);
    given_asked(std::string("if not saved:now() then return end ") + call);
    when(RunQuery{"ask", "", 2});
    EXPECT_NE(replies_.at(0).answer.error().detail.find("only reads"), std::string::npos);
    expect_no_trace();
    journal_.clear();
  }
}

TEST_F(QueryTest, a_wrong_call_of_ctx_in_one_is_refused_as_in_the_run) {
  for (const char* call : {"saved:log('loud', 'x')", "coroutine.wrap(function() saved:log('loud', 'x') end)()",
                           "saved:business('4h', { calendar = 5 })"}) {
    SCOPED_TRACE(call);
    given_asked(call);
    when(RunQuery{"ask", "", 2});
    EXPECT_EQ(replies_.at(0).answer.error().code, ErrorCode::script_error);
    when(SendUpdate{"ask", "", "u1", {}, 2});
    EXPECT_EQ(replies_.at(0).answer.error().code, ErrorCode::update_rejected);
    expect_no_trace();
    journal_.clear();
  }
}

}  // namespace
}  // namespace baton
