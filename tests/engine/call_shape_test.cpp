// What the tables of ctx:task, ctx:alert, ctx:decide, ctx:override, ctx:activity and ctx:child may contain: a misspelt name or a wrong type is
// an error at the line that calls. Were it let pass, a task could be decided by people who must not.
#include <gmock/gmock.h>

#include "runtime/base/limits.hpp"
#include "tests/engine/task_fixture.hpp"

namespace baton {
namespace {

class CallShape : public TaskFixture {
 protected:
  // What the script is told where it makes the call.
  std::string refusal_of(const std::string& call) {
    incidents_.clear();
    journal_.clear();
    tasks_.clear();
    given_with(call, {{"forms/f.json", R"({"type":"object","$defs":{"no":{"type":"object"}}})"}});
    start();
    if (incidents_.size() != 1) return "";
    EXPECT_TRUE(tasks_.empty()) << call;
    EXPECT_THAT(incidents_.begin()->second.cause.message, testing::StartsWith("test.lua:4: ")) << call;
    return incidents_.begin()->second.cause.message;
  }
  std::string refusal_of_task(const std::string& fields) {
    return refusal_of("ctx:task('t', { why = 'w', " + fields + " })");
  }
};

TEST_F(CallShape, candidates_that_name_nobody_do_not_let_everybody_decide) {
  const std::vector<std::pair<const char*, const char*>> faults = {
      {"candidates = 'nurse'", "candidates must be a table with names, not \"nurse\""},
      {"candidates = { 'nurse' }", "candidates must be a table with names, not a list"},
      {"candidates = json.null", "candidates must be a table with names, not null"},
      {"candidates = {}", "candidates names nobody"},
      {"candidates = { roles = {} }", "candidates names nobody"},
      {"candidates = { rol = 'nurse' }", "candidates: there is no 'rol'; did you mean 'role'?"},
      {"candidates = { unti = '4W' }", "did you mean 'unit'? It takes: role, roles, person, persons, unit, units"},
      {"candidates = { role = '' }", "candidates.role must be a text, or a list of texts, none of them empty"},
      {"candidates = { roles = { 'nurse', 5 } }", "candidates.roles must be a text, or a list of texts"},
      {"candidates = { role = 'nurse', unit = json.null }", "candidates.unit must be a text"},
      {"candidates = { role = 'nurse', units = {} }", "candidates.units is empty"}};
  for (const auto& [fields, message] : faults) EXPECT_THAT(refusal_of_task(fields), HasSubstr(message)) << fields;
}

TEST_F(CallShape, approvals_are_what_they_say) {
  const std::vector<std::pair<const char*, const char*>> faults = {
      {"approvals = { ned = 2 }", "approvals: there is no 'ned'; did you mean 'need'?"},
      {"approvals = { need = '2' }", "approvals.need must be a whole number of at least 1, not \"2\""},
      {"approvals = { need = 0 }", "approvals.need must be a whole number of at least 1, not 0"},
      {"approvals = {}", "approvals is empty"},
      {"approvals = { exclude_starters = true }", "did you mean 'exclude_starter'?"},
      {"approvals = { need = 2, exclud = { 'n1' } }", "did you mean 'exclude'?"}};
  for (const auto& [fields, message] : faults) EXPECT_THAT(refusal_of_task(fields), HasSubstr(message)) << fields;
}

TEST_F(CallShape, what_an_event_must_be_like_is_said_by_its_fields) {
  const std::vector<std::pair<const char*, const char*>> faults = {
      {"ctx:wait_event('a', { where = 'E1' })", "where is a table of fields, such as { encounter = \"E1\" }, not E1"},
      {"ctx:wait_event('a', { where = { 'E1' } })", "where is a table of fields"},
      {"ctx:wait_event('a', { where = false })", "where is a table of fields"},
      {"ctx:wait_event('*.discharged')", "no event has the type '*.discharged': a * stands at the end alone"},
      {"ctx:wait_event({ 'a.*', 'b.*.c' })", "no event has the type 'b.*.c'"},
      {"ctx:business('4h', { calendar = 5 })", "calendar is the name of one, not 5"}};
  for (const auto& [call, message] : faults) EXPECT_THAT(refusal_of(call), HasSubstr(message)) << call;
}

TEST_F(CallShape, outcomes_have_names_of_their_own_and_demand_what_they_say) {
  const std::vector<std::pair<const char*, const char*>> faults = {
      {"outcomes = { 'a', 'a' }", "outcomes has 'a' twice"},
      {"outcomes = { 'a', '' }", "outcomes[2] must be a text that is not empty"},
      {"outcomes = {}", "outcomes is empty"},
      {"outcomes = { { name = 'yes', reason_requierd = true } }", "outcomes[1]: there is no 'reason_requierd'"},
      {"outcomes = { { title = 'Yes' } }", "outcomes[1].name is missing"},
      {"outcomes = { no = { reason_required = 'yes' } }", "outcomes.no.reason_required must be true or false"},
      {"outcomes = { no = true }", "outcomes.no must be a table with names, not true"},
      {"outcomes = { { name = 'no', reason_codes = { 5 } } }", "outcomes[1].reason_codes[1] must be"},
      {"outcomes = { 'yes' }, reason_required = { 'yess' }", "there is no 'yess'; did you mean 'yes'? It takes: yes"},
      {"form = 'f', outcomes = { no = { form = '#/$defs/nosuch' } }", "which the form 'f' does not have"},
      {"outcomes = { no = { form = '#/$defs/no' } }", "is a part of the task's form, and the task has none"},
      {"form = 'g'", "the bundle has no form 'g'"}};
  for (const auto& [fields, message] : faults) EXPECT_THAT(refusal_of_task(fields), HasSubstr(message)) << fields;
}

TEST_F(CallShape, times_and_steps_and_words_of_a_task_are_what_they_say) {
  const std::vector<std::pair<const char*, const char*>> faults = {
      {"timeout = 3600", "timeout is the number 3600, which as a time is before 1980"},
      {"due = 3600", "due is the number 3600"},
      {"follow_up = 5", "follow_up is the number 5"},
      {"due = '1h', escalate = { { at = 'due' } }", "escalate[1] says to nobody"},
      {"due = '1h', escalate = { { at = 'due', too = 'x' } }", "escalate[1]: there is no 'too'; did you mean 'to'?"},
      {"due = '1h', escalate = { { at = 30, to = 'x' } }", "escalate[1].at is the number 30"},
      {"due = '1h', escalate = { { at = math.maxinteger, to = 'x' } }", "which is no time of the years 0 to 9999"},
      {"due = '1h', remind = { { at = 'due', txt = 'x' } }", "remind[1]: there is no 'txt'; did you mean 'text'?"},
      {"priority = 'hihg'", "one of \"low\", \"normal\", \"high\", \"urgent\", not \"hihg\"; did you mean \"high\"?"},
      {"assign = 'random'", "assign must be one of \"least_busy\""},
      {"title = 5", "title must be a text, not 5"},
      {"documents = { { titel = 'x' } }", "documents[1]: there is no 'titel'; did you mean 'title'?"},
      {"sources = { home = { sytem = 'x' } }", "sources.home: there is no 'sytem'; did you mean 'system'?"}};
  for (const auto& [fields, message] : faults) EXPECT_THAT(refusal_of_task(fields), HasSubstr(message)) << fields;
}

TEST_F(CallShape, a_workflow_that_begins_itself_as_its_child_does_not_go_on_for_ever) {
  given("ctx:child('test', 1)");
  instance_ = std::make_unique<Instance>("i1" + std::string(limits::kMadeIdSize, '1'), programs_);
  start();
  EXPECT_THAT(only_incident().cause.message, HasSubstr("ctx:child: children stand too deep within children here"));
  EXPECT_TRUE(outbox_.empty());
}

TEST_F(CallShape, the_other_calls_take_what_they_name_and_nothing_else) {
  const std::vector<std::pair<const char*, const char*>> faults = {
      {"ctx:activity('test.work', 1, { on_exhausted = 'rais' })", "did you mean \"raise\"?"},
      {"ctx:activity('test.work', 1, { why = 5 })", "why must be a text, not 5"},
      {"ctx:child('test', 1, { detach = 'yes' })", "detach must be true or false"},
      {"ctx:child('test', 1, { key = 5 })", "key must be a text that is not empty, not 5"},
      {"ctx:child('test', 1, { id = ('x'):rep(201) })", "ctx:child: id has more than 200 bytes"},
      {"ctx:child('test', 1, { id = 'a\\0b' })", "ctx:child: id holds a control character"},
      {"ctx:child('test', 1, { id = '..' })", "ctx:child: id is a step of a path"},
      {"ctx:child('test', 1, { patient = ('x'):rep(201) })", "ctx:child: patient has more than 200 bytes"},
      {"ctx:alert('a', { why = 'w', candidates = { rol = 'x' } })", "candidates: there is no 'rol'"},
      {"ctx:alert('a', { why = 'w', key = 5 })", "key must be a text that is not empty, not 5"},
      {"ctx:alert('a', { why = 'w', level = 1, thresholds = { 'x' } })", "thresholds[1] must be a number"},
      {"ctx:decide('d', {})", "ctx:decide: outcome is missing"},
      {"ctx:decide('d')", "ctx:decide: outcome is missing"},
      {"ctx:decide('d', { outcome = 'x', confidence = 'high' })", "confidence must be a number"},
      {"ctx:decide('d', { outcome = 'x', model = { nam = 'm' } })", "model: there is no 'nam'"},
      {"ctx:override('d', { reason = 'r' })", "after is missing"},
      {"ctx:override('nosuch', { after = 1, reason = 'r' })",
       "no decision or task before this line is called 'nosuch'"}};
  for (const auto& [call, message] : faults) EXPECT_THAT(refusal_of(call), HasSubstr(message)) << call;
  given("ctx:decide('hold', { outcome = 'x' }) ctx:override('hodl', { after = 1, reason = 'r' })");
  incidents_.clear();
  start();
  EXPECT_THAT(only_incident().cause.message, HasSubstr("did you mean 'hold'? It takes: hold"));
  EXPECT_THAT(refusal_of("ctx:decide('hold', { outcome = 'x' }) ctx:override('summary', { after = 1, reason = 'r' })"),
              HasSubstr("there is no 'summary'; it takes: hold"));
}

TEST_F(CallShape, an_attribute_is_set_to_what_searches_can_compare) {
  const std::vector<std::pair<const char*, const char*>> faults = {
      {"ctx:set('n', 'text')", "'n' is a number in search, so it must be a number, not text"},
      {"ctx:set('f', 'maybe')", "'f' is a flag in search, so it must be true or false, not maybe"},
      {"ctx:set('t', 'yesterday')", "'t' is a time in search, so it must be a time"},
      {"ctx:set('k', {})", "'k' is a keyword in search, so it must be a text, not {}"}};
  const char* const search = "search = { n = 'number', f = 'flag', t = 'time', k = 'keyword' },";
  for (const auto& [call, message] : faults) {
    incidents_.clear();
    given(call, search);
    start();
    EXPECT_THAT(only_incident().cause.message, HasSubstr(message)) << call;
  }
  incidents_.clear();
  given(
      "ctx:set('n', 1.5) ctx:set('f', false) ctx:set('t', ctx:now()) ctx:set('t', '2026-01-01T00:00:00Z') "
      "ctx:set('k', 'x') ctx:set('k', 5) ctx:set('n', nil) ctx:set('f', json.null) return 'set'",
      search);
  start();
  EXPECT_EQ(result(), "\"set\"");
}

TEST_F(CallShape, white_space_is_no_reason) {
  given("ctx:task('t', { why = 'w', outcomes = { { name = 'no', reason_required = true } } })");
  start();
  ActOnTask message = decide("no", "ann");
  message.reason = "   ";
  EXPECT_THAT(refused(message), HasSubstr("outcome 'no' needs a reason"));
  ActOnTask hold = act("hold", "ann");
  hold.reason = " \n";
  EXPECT_THAT(refused(hold), HasSubstr("a hold needs a reason"));
  message.reason = " too late ";
  EXPECT_EQ(refused(message), "");
  EXPECT_THAT(refusal_of("ctx:decide('d', { outcome = 'x' }) ctx:override('d', { after = 1, reason = ' ' })"),
              HasSubstr("the reason of an override says something"));
}

TEST_F(CallShape, a_promise_that_ran_out_of_its_time_says_so_to_whoever_settles_it) {
  given("local p = ctx:promise('p', { timeout = '1h' }) local v = p:wait() ctx:wait_signal('go') return v");
  start();
  fire_next_timer();
  when(SettlePromise{1, Outcome::of("1"), {}, 9});
  EXPECT_THAT(error(), HasSubstr("the promise ran out of its time before it was settled"));
}

TEST_F(CallShape, whatever_the_reference_names_is_taken) {
  EXPECT_EQ(refusal_of_task(R"(title = 't', form = 'f', data = { a = 1 }, sources = { a = { system = 's', as_of = 1 } },
      documents = { { title = 't', url = 'u' }, { title = 't', id = 'i' } }, candidates = { role = 'a', roles = { 'b' },
      person = 'c', persons = { 'd' }, unit = 'e', units = { 'f' } }, due = '4h', follow_up = '1h', timeout = '1d',
      outcomes = { 'yes', { name = 'no', title = 'No', reason_required = true, reason_codes = { 'dose', { code = 'x',
      title = 'X' } }, form = '#/$defs/no' }, { name = 'other', form = false, reason_codes = { a = 'A' } } },
      escalate = { { at = 'due', to = 'boss' }, { at = ctx:business('4h'), person = 'ann' } }, priority = 'high',
      remind = { '-1h', 'due', { at = '2h', text = 'x' } }, assign = 'least_busy', otherwise = 'o',
      reason_required = { 'yes' }, approvals = { need = 2, roles = { 'a' }, exclude = {}, exclude_starter = true,
      exclude_tasks = { 'draft' } })"),
            "");
  EXPECT_EQ(tasks_.size(), 1u);
}

TEST_F(CallShape, a_call_of_before_is_passed_where_the_journal_has_passed_it) {
  given("ctx:wait_signal('go')\n ctx:wait_signal('end')\n return 'done'");
  start();
  when(SendSignal{"go", "", "", {}, 1});
  const std::string next = programs_.deploy(bundle_of(
      "ctx:decide('d', {})\n ctx:wait_signal('go')\n ctx:alert('a', { why = 'w', candidates = { rol = 'x' } })\n"
      "ctx:override('nosuch', { after = 1, reason = 'r' })\n ctx:wait_signal('end')\n return 'done'"));
  when(ChangeBundle{next, {}, 2});
  EXPECT_TRUE(replies_.back().answer.ok());
  crash();
  EXPECT_TRUE(incidents_.empty());
  when(SendSignal{"end", "", "", {}, 3});
  EXPECT_EQ(result(), "\"done\"");
}

TEST_F(CallShape, an_override_that_was_refused_is_refused_again_though_the_decision_was_made_later) {
  given(
      "local ok = pcall(ctx.override, ctx, 'd', { after = 1, reason = 'r' })\n ctx:decide('d', { outcome = 'x' })\n"
      "ctx:wait_signal('go')\n return { ok, ctx:get('n') or 'none' }");
  start();
  crash();
  when(SendSignal{"go", "", "", {}, 1});
  EXPECT_EQ(result(), R"([false,"none"])");
}

}  // namespace
}  // namespace baton
