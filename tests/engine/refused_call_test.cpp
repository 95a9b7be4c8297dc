// Calls of ctx that are refused: with which words, and where the journal of an earlier version has passed them, not.
#include <gmock/gmock.h>

#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

using RefusedCall = InstanceFixture;

TEST_F(RefusedCall, a_call_that_can_mean_nothing_is_refused_where_it_is_made_anew) {
  const std::vector<std::pair<const char*, const char*>> calls = {
      {"ctx:sleep(3600)", "a length of time is a text such as \"1h\""},
      {"ctx:wait_signal('x', { timeout = 3600 })", "a length of time is a text"},
      {"ctx:wait_event('x', { timeout = '1h', until_ = '2h' })", "timeout or until_, not both"},
      {"ctx:promise('x', { timeout = '1h', until_ = '2h' })", "timeout or until_, not both"},
      {"ctx:map({ home = 1 }, function() end)", "ctx:map takes a list, and this table has names"},
      {"ctx:child('test', {}, { close = 'never' })", "close is \"cancel\" or \"abandon\", not \"never\""},
      {"ctx:sleep_until(math.maxinteger)", "which is no time of the years 0 to 9999"},
      {"ctx:task('t', { why = 'w', due = math.mininteger, remind = { '-1h' } })",
       "due is the number -9223372036854775808"},
      {"ctx:log('loud', 'x')", "ctx:log has the levels debug, info, warn and error, not 'loud'"}};
  for (const auto& [call, message] : calls) {
    SCOPED_TRACE(call);
    incidents_.clear();
    journal_.clear();
    given(std::string("local ok, why = pcall(function() ") + call +
          " end)\n ctx:wait_signal('go')\n return { ok, why }");
    start();
    crash();
    when(SendSignal{"go", "", "", {}, 1});
    ASSERT_EQ(status(), InstanceStatus::completed);
    EXPECT_THAT(result(), testing::HasSubstr("[false,"));
    std::string plain = result();
    std::erase(plain, '\\');
    EXPECT_THAT(plain, testing::HasSubstr(message));
  }
}

TEST_F(RefusedCall, a_call_that_would_be_refused_now_is_passed_where_the_journal_has_passed_it) {
  given("ctx:wait_signal('go')\n ctx:wait_signal('end')\n return 'done'");
  start();
  when(SendSignal{"go", "", "", {}, 1});
  // As a journal of an earlier version: these calls have left nothing in it.
  const std::string next = programs_.deploy(bundle_of(
      "ctx:map({ home = 1 }, error)\n ctx:wait_signal('go')\n ctx:map({ home = 1 }, error)\n ctx:log('loud', 'x')\n"
      "ctx:wait_signal('end')\n return 'done'"));
  when(ChangeBundle{next, {}, 2});
  EXPECT_TRUE(replies_.back().answer.ok());
  crash();
  EXPECT_TRUE(incidents_.empty());
  when(SendSignal{"end", "", "", {}, 3});
  EXPECT_EQ(result(), "\"done\"");
}

TEST_F(RefusedCall, a_call_that_would_be_refused_now_is_passed_at_the_end_of_a_branch_as_well) {
  const std::string first = "ctx:all { a = function(s) s:wait_signal('x')";
  const std::string rest = " end, b = function(s) s:wait_signal('y') end }\n return 'done'";
  given(first + rest);
  start();
  when(SendSignal{"x", "", "", {}, 1});
  const std::string next = programs_.deploy(bundle_of(first + " s:log('loud', 'x')" + rest));
  when(ChangeBundle{next, {}, 2});
  EXPECT_TRUE(replies_.back().answer.ok());
  crash();
  EXPECT_TRUE(incidents_.empty());
  when(SendSignal{"y", "", "", {}, 3});
  EXPECT_EQ(result(), "\"done\"");
}

TEST_F(RefusedCall, says_which_function_of_ctx_misses_what) {
  const std::vector<std::pair<const char*, const char*>> calls = {
      {"ctx:compensate()", "ctx:compensate needs a function that undoes"},
      {"ctx:scope('x')", "ctx:scope needs a function"},
      {"ctx:shield()", "ctx:shield needs a function"},
      {"ctx:step('x')", "ctx:step needs a function"},
      {"ctx:map(1, error)", "ctx:map needs a list, not number"},
      {"ctx:map({ 1 }, error, { concurrency = 1.5 })", "concurrency is a whole number of at least 1"},
      {"ctx:note()", "ctx:note needs a text or a table"}};
  for (const auto& [call, message] : calls) {
    incidents_.clear();
    given(call);
    start();
    ASSERT_EQ(incidents_.size(), 1u) << call;
    EXPECT_THAT(incidents_.begin()->second.cause.message, testing::HasSubstr(message));
  }
}

TEST_F(RefusedCall, says_that_a_calendar_must_be_named_among_several) {
  BundleFiles files = bundle_of("ctx:business('1h')");
  for (const char* name : {"house", "clinic"}) {
    files[std::string("calendars/") + name + ".json"] =
        std::string(R"({"name":")") + name +
        R"(","version":1,"valid":{"from":2000,"to":2399},"time_zone":"Europe/Berlin","hours":{"mon-fri":[["08:00","17:00"]]}})";
  }
  bundle_ = programs_.deploy(files);
  instance_ = std::make_unique<Instance>("i1", programs_);
  start();
  ASSERT_EQ(incidents_.size(), 1u);
  EXPECT_THAT(incidents_.begin()->second.cause.message,
              testing::HasSubstr("the bundle has several calendars (clinic, house): say which"));
}

TEST_F(RefusedCall, a_call_that_was_passed_stays_passed_before_one_of_its_name_that_was_refused_for_another_reason) {
  const auto script = [](const char* pattern) {
    return std::string("ctx:wait_event({ 'x.y', '") + pattern +
           "' }, { timeout = '1s' })\n pcall(function() ctx:wait_event('x', { timeout = '1h', until_ = '2h' }) end)\n"
           "ctx:wait_signal('end')\n return 'done'";
  };
  given(script("x.z"));
  start();
  now_ = now_ + kMinute;
  when(FireTimer{*timers_.begin()});
  // As a journal of an earlier version, which let the pattern pass.
  const std::string next = programs_.deploy(bundle_of(script("a*b")));
  when(ChangeBundle{next, {}, 2});
  EXPECT_TRUE(replies_.back().answer.ok());
  crash();
  EXPECT_TRUE(incidents_.empty());
  when(SendSignal{"end", "", "", {}, 3});
  EXPECT_EQ(result(), "\"done\"");
}

}  // namespace
}  // namespace baton
