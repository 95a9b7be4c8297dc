#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

using WorkflowTest = InstanceFixture;

// The second "x" is counted, and so has the key "signal:x#2", as the name "x#2" would.
TEST_F(WorkflowTest, a_name_that_looks_like_a_counted_one_is_a_step_of_its_own) {
  for (const auto& [first, then, last] :
       {std::array{"x#2", "x", "x"}, std::array{"x", "x", "x#2"}, std::array{"x", "x#2", "x"}}) {
    SCOPED_TRACE(std::string(first) + " " + then + " " + last);
    given(std::string("ctx:wait_signal('") + first + "') ctx:wait_signal('" + then + "') ctx:wait_signal('" + last +
          "')");
    start();
    for (const auto* const name : {first, then}) {
      when(SendSignal{name, "{}", "", {}, 0});
      EXPECT_EQ(status(), InstanceStatus::running);
      crash();
    }
    when(SendSignal{last, "{}", "", {}, 0});
    EXPECT_EQ(status(), InstanceStatus::completed);
    journal_.clear();
    pending_.clear();
    pending_rows_.clear();
  }
}

TEST_F(WorkflowTest, a_workflow_without_waits_completes_in_its_first_turn) {
  given("return { sum = input.a + input.b }");
  start(R"({"a":2,"b":3})");
  EXPECT_EQ(status(), InstanceStatus::completed);
  EXPECT_EQ(result(), R"({"sum":5})");
  ASSERT_EQ(replies_.size(), 1u);
  EXPECT_TRUE(replies_[0].answer.ok());
}

TEST_F(WorkflowTest, an_activity_is_dispatched_once_and_its_value_goes_on) {
  given("local x = ctx:activity('test.work', { n = 1 })  return x.n + 1");
  start();
  EXPECT_EQ(dispatched(), std::vector<std::string>{"test.work"});
  EXPECT_EQ(pending_.size(), 1u);
  finish(1, R"({"n":41})");
  EXPECT_EQ(status(), InstanceStatus::completed);
  EXPECT_EQ(result(), "42");
  EXPECT_TRUE(pending_.empty());
}

TEST_F(WorkflowTest, a_result_that_comes_twice_has_one_effect) {
  given("ctx:activity('test.work')  ctx:wait_signal('go')  return 'done'");
  start();
  finish(1, "1");
  const std::string journal = journal_bytes();
  finish(1, "2");
  EXPECT_EQ(journal_bytes(), journal);
}

TEST_F(WorkflowTest, a_crash_after_any_turn_ends_the_same) {
  const std::string body = R"(
    local a = ctx:activity('test.work', 1)
    local s = ctx:step('double', function() return a * 2 end)
    local r = ctx:all { x = function(c) return c:activity('test.work', s) end, y = function(c) c:sleep('1h') return 'slept' end }
    local go = ctx:wait_signal('go')
    return { a = a, s = s, x = r.x, y = r.y, go = go, r = ctx:random(1000), at = ctx:now() })";
  std::vector<JsonText> results;
  std::vector<std::string> journals;
  for (int crash_after = 0; crash_after < 6; ++crash_after) {
    journal_.clear();
    pending_.clear();
    timers_.clear();
    record_.reset();
    now_ = Instant{1'700'000'000'000};
    given(body);
    int turn = 0;
    const auto maybe_crash = [&] {
      if (++turn == crash_after) crash();
    };
    start();
    maybe_crash();
    finish(1, "5");
    maybe_crash();
    finish(2, "6");
    maybe_crash();
    fire_next_timer();
    maybe_crash();
    when(SendSignal{"go", "true", "m1", {}, 2});
    results.push_back(result());
    journals.push_back(journal_bytes());
  }
  for (std::size_t i = 1; i < results.size(); ++i) {
    EXPECT_EQ(results[i], results[0]) << "crash after turn " << i;
    EXPECT_EQ(journals[i], journals[0]) << "crash after turn " << i;
  }
  EXPECT_NE(results[0].find(R"("y":"slept")"), std::string::npos) << results[0];
}

TEST_F(WorkflowTest, a_module_whose_tables_cannot_be_copied_is_run_by_each_run) {
  given("local done = ctx:activity('test.work', 1)  return done",
        "queries = { marks = (function() local marks = { [{}] = 'found by its address' } "
        "return function() return #marks end end)() },");
  ASSERT_EQ(programs_.find(bundle_)->find_workflow("test")->image, nullptr);
  start();
  crash();
  finish(1, "5");
  EXPECT_EQ(result(), "5");
}

TEST_F(WorkflowTest, a_signal_without_payload_is_no_time_out) {
  given("local go = ctx:wait_signal('go', { timeout = '1h' })  return go ~= nil");
  start();
  when(SendSignal{"go", "", "m1", {}, 2});
  EXPECT_EQ(result(), "true");
}

TEST_F(WorkflowTest, steps_in_a_row_share_one_turn) {
  given("local n = 0  for i = 1, 10 do n = n + ctx:step('add', function() return i end) end  return n");
  start();
  EXPECT_EQ(result(), "55");
  EXPECT_EQ(journal_.size(), 1u);
}

TEST_F(WorkflowTest, a_failed_attempt_is_tried_again_after_a_timer) {
  given("return ctx:activity('test.work', 1, { retry = { initial = '2s', attempts = 3, jitter = 0 } })");
  start();
  fail(1, "busy");
  EXPECT_EQ(status(), InstanceStatus::running);
  ASSERT_EQ(timers_.size(), 1u);
  EXPECT_EQ(timers_.begin()->due.ms, now_.ms + 2000);
  crash();
  fire_next_timer();
  EXPECT_EQ(dispatched(), std::vector<std::string>{"test.work"});
  EXPECT_TRUE(timers_.empty());
  finish(1, "7", 2);
  EXPECT_EQ(result(), "7");
}

TEST_F(WorkflowTest, exhausted_retries_are_an_incident_that_can_be_retried_or_skipped) {
  given("return ctx:activity('test.work', 1, { retry = 'none' })");
  start();
  fail(1, "busy");
  EXPECT_EQ(only_incident().cause.code, "BT308");
  EXPECT_EQ(only_incident().line, "test.lua:4");
  EXPECT_EQ(record_->open_incidents, 1u);
  when(ResolveIncident{1, IncidentAction::retry, "", 0, "the other side is back", {}, 3});
  EXPECT_EQ(dispatched(), std::vector<std::string>{"test.work"});
  fail(1, "busy", 2);
  when(ResolveIncident{2, IncidentAction::skip, "\"by hand\"", 0, "done on paper", {}, 3});
  EXPECT_EQ(result(), "\"by hand\"");
  EXPECT_EQ(record_->open_incidents, 0u);
}

TEST_F(WorkflowTest, a_failure_that_cannot_be_retried_is_raised_into_the_script) {
  given("local ok, err = pcall(ctx.activity, ctx, 'test.work')  return { ok = ok, code = err.code }");
  start();
  fail(1, "not_found", 1, false);
  EXPECT_EQ(result(), R"({"code":"not_found","ok":false})");
}

TEST_F(WorkflowTest, an_uncaught_error_is_an_incident_and_a_mended_bundle_goes_on) {
  given("local x = ctx:activity('test.work')\n return x.missing.field");
  start();
  finish(1, "{}");
  EXPECT_EQ(status(), InstanceStatus::running);
  EXPECT_NE(only_incident().line.find("test.lua:5"), std::string::npos) << only_incident().line;
  const std::string mended = programs_.deploy(bundle_of("local x = ctx:activity('test.work')\n return 'mended'"));
  crash();
  when(ChangeBundle{mended, {}, 4});
  when(ResolveIncident{1, IncidentAction::retry, "", 0, "mended", {}, 5});
  EXPECT_EQ(result(), "\"mended\"");
}

TEST_F(WorkflowTest, the_loser_of_a_race_is_withdrawn) {
  given(R"(local name = ctx:race { timer = function(c) c:sleep('1h') end,
                                   task = function(c) return c:task('review', { why = 'x' }) end }
           return name)");
  start();
  EXPECT_EQ(tasks_.size(), 1u);
  fire_next_timer();
  EXPECT_EQ(result(), "\"timer\"");
  EXPECT_EQ(tasks_.begin()->second.status, TaskStatus::cancelled);
  EXPECT_TRUE(timers_.empty());
}

TEST_F(WorkflowTest, a_task_is_decided_by_a_candidate_and_by_nobody_else) {
  given(R"(local d = ctx:task('review', { why = 'x', candidates = { role = 'nurse' }, outcomes = { 'ok', 'no' } })
           return { outcome = d.outcome, by = d.by.subject })");
  start();
  const Principal nurse{PrincipalKind::person, "ann", "nurse", "local", ""};
  const Principal clerk{PrincipalKind::person, "bob", "clerk", "local", ""};
  when(ActOnTask{1, "decide", std::nullopt, "", "ok", "", "", "", clerk, 2});
  ASSERT_EQ(replies_.size(), 1u);
  EXPECT_EQ(replies_[0].answer.error().code, ErrorCode::not_permitted);
  when(ActOnTask{1, "decide", std::nullopt, "", "maybe", "", "", "", nurse, 2});
  EXPECT_EQ(replies_[0].answer.error().code, ErrorCode::bad_field);
  when(ActOnTask{1, "claim", std::nullopt, "", "", "", "", "", nurse, 2});
  EXPECT_EQ(tasks_[1].claimed_by, "ann");
  when(ActOnTask{1, "decide", 1, "", "ok", "", "", "", nurse, 2});
  EXPECT_EQ(replies_[0].answer.error().code, ErrorCode::conflict) << "an old version";
  crash();
  when(ActOnTask{1, "decide", std::nullopt, "", "ok", "", "", "", nurse, 2});
  EXPECT_EQ(result(), R"({"by":"ann","outcome":"ok"})");
  EXPECT_EQ(tasks_[1].status, TaskStatus::decided);
  when(ActOnTask{1, "decide", std::nullopt, "", "ok", "", "", "", nurse, 2});
  EXPECT_EQ(replies_[0].answer.error().code, ErrorCode::conflict) << "decided already";
}

TEST_F(WorkflowTest, two_approvals_need_two_people) {
  given(
      "local d = ctx:task('high_risk', { why = 'x', outcomes = { 'yes' }, approvals = { need = 2 } })  return "
      "d.outcome");
  start();
  const auto vote = [&](const char* who) {
    when(ActOnTask{1, "decide", std::nullopt, "", "yes", "", "", "", {PrincipalKind::person, who, "", "", ""}, 2});
  };
  vote("ann");
  EXPECT_EQ(status(), InstanceStatus::running);
  vote("ann");
  EXPECT_EQ(replies_[0].answer.error().code, ErrorCode::not_permitted);
  vote("bob");
  EXPECT_EQ(status(), InstanceStatus::completed);
}

TEST_F(WorkflowTest, an_escalation_adds_its_role_when_it_is_due) {
  given(
      "ctx:task('t', { why = 'x', due = '4h', candidates = { role = 'a' }, escalate = { { at = 'due', to = 'b' }, { at "
      "= '1h', to = 'c' } } })");
  start();
  fire_next_timer();
  EXPECT_EQ(tasks_[1].roles, (std::vector<std::string>{"a", "b"}));
  crash();
  fire_next_timer();
  EXPECT_EQ(tasks_[1].roles, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(timers_.empty());
}

TEST_F(WorkflowTest, an_event_that_came_early_is_still_there) {
  given(R"(ctx:wait_signal('ready')
           local e = ctx:wait_event('encounter.*', { where = { encounter = 'E1' } })  return e.type)");
  start();
  OutboxRecord delivery{{ActorKind::patient, "p"},
                        {ActorKind::instance, "i1"},
                        1,
                        DeliverEvent{"e0", "encounter.moved", R"({"type":"encounter.moved","encounter":"E2"})"}};
  when(TakeDelivery{delivery});
  delivery.body = DeliverEvent{"e1", "encounter.discharged", R"({"type":"encounter.discharged","encounter":"E1"})"};
  when(TakeDelivery{delivery});
  when(TakeDelivery{delivery});
  crash();
  when(SendSignal{"ready", "", "", {}, 1});
  EXPECT_EQ(result(), "\"encounter.discharged\"");
}

TEST_F(WorkflowTest, a_wait_that_times_out_returns_nil) {
  given("local e = ctx:wait_event('x', { timeout = '3d' })  return e == nil");
  start();
  fire_next_timer();
  EXPECT_EQ(result(), "true");
  EXPECT_TRUE(pending_.empty());
}

TEST_F(WorkflowTest, a_start_of_the_same_id_for_another_patient_is_refused) {
  given("ctx:sleep('1h')");
  start();
  StartInstance again{"test", bundle_, "{}", record_->patient, record_->business_key, 1, {}, 7};
  when(again);
  ASSERT_EQ(replies_.size(), 1u);
  EXPECT_TRUE(replies_.front().answer.ok());
  again.patient = "somebody-else";
  when(again);
  ASSERT_EQ(replies_.size(), 1u);
  EXPECT_EQ(replies_.front().answer.error().code, ErrorCode::already_exists);
}

TEST_F(WorkflowTest, a_cancel_runs_the_compensations_newest_first) {
  given(R"(ctx:activity('test.work', 'book')
           ctx:compensate(function() ctx:activity('test.work', 'unbook') end)
           ctx:compensate(function() ctx:note('second') end)
           ctx:sleep('30d'))");
  start();
  finish(1, "1");
  when(CancelInstance{"wrong patient", {}, 2});
  EXPECT_EQ(status(), InstanceStatus::running) << "the compensation is still running";
  EXPECT_EQ(dispatched(), std::vector<std::string>{"test.work"});
  EXPECT_TRUE(timers_.empty());
  crash();
  finish(3, "1");
  EXPECT_EQ(status(), InstanceStatus::cancelled);
}

TEST_F(WorkflowTest, a_scope_that_fails_is_rolled_back_before_its_error_goes_on) {
  given(R"(local ok, err = pcall(function()
             ctx:scope(function(s)
               s:compensate(function() s:activity('test.work', 'undo') end)
               error({ code = 'no_bed', message = 'full' })
             end)
           end)
           return { ok = ok, code = err.code })");
  start();
  EXPECT_EQ(dispatched(), std::vector<std::string>{"test.work"});
  finish(1, "1");
  EXPECT_EQ(result(), R"({"code":"no_bed","ok":false})");
}

TEST_F(WorkflowTest, map_runs_at_most_as_many_branches_as_asked) {
  given("return ctx:map({ 1, 2, 3 }, function(s, item) return s:activity('test.work', item) end, { concurrency = 2 })");
  start();
  EXPECT_EQ(dispatched().size(), 2u);
  finish(2, "20");
  EXPECT_EQ(dispatched().size(), 1u);
  finish(1, "10");
  finish(3, "30");
  EXPECT_EQ(result(), "[10,20,30]");
}

TEST_F(WorkflowTest, continue_as_new_begins_a_short_journal_and_keeps_what_came) {
  given(R"(if input.round == 2 then return { signal = ctx:wait_signal('go') } end
           ctx:sleep('1h')
           ctx:continue_as_new({ round = 2 }))");
  start(R"({"round":1})");
  when(SendSignal{"go", "\"early\"", "", {}, 1});
  fire_next_timer();
  EXPECT_EQ(result(), R"({"signal":"early"})");
  EXPECT_GT(record_->run_begins_at, 0u);
}

TEST_F(WorkflowTest, a_query_reads_and_an_update_is_validated) {
  given("ctx:set('stage', 'open')  local v = ctx:wait_signal('x')",
        R"(search = { stage = 'keyword' },
           queries = { stage = function(a) return a.stage end, bad = function(a) ctx:set('stage', 'x') end },
           updates = { move = { validate = function(a, args) if args.to == '' then return nil, 'say where to' end return true end,
                                apply = function(c, args) c:set('stage', args.to) return 'moved' end } },)");
  start();
  when(RunQuery{"stage", "", 2});
  EXPECT_EQ(replies_[0].answer.value(), "\"open\"");
  when(RunQuery{"none", "", 2});
  EXPECT_EQ(replies_[0].answer.error().code, ErrorCode::unknown_query);
  when(SendUpdate{"move", R"({"to":""})", "u1", {}, 2});
  EXPECT_EQ(replies_[0].answer.error().detail, "say where to");
  when(SendUpdate{"move", R"({"to":"ward 3"})", "u2", {}, 2});
  EXPECT_EQ(record_->attributes.at("stage"), "\"ward 3\"");
  EXPECT_NE(replies_[0].answer.value().find("moved"), std::string::npos);
}

TEST_F(WorkflowTest, a_patch_keeps_old_instances_on_the_old_side) {
  const std::string body =
      "ctx:activity('test.work')\n ctx:wait_signal('go')\n if ctx:patch('p1') then return 'new' end return 'old'";
  given(body);
  start();
  finish(1, "1");
  when(SendSignal{"go", "", "", {}, 3});
  EXPECT_EQ(result(), "\"new\"");
}

TEST_F(WorkflowTest, a_patch_keeps_an_instance_on_the_old_side_that_waits_behind_it) {
  given("ctx:wait_signal('go')\n ctx:sleep('1h')\n return 'old'");
  start();
  when(SendSignal{"go", "", "", {}, 1});
  const std::string next = programs_.deploy(
      bundle_of("ctx:wait_signal('go')\n if ctx:patch('p1') then return 'new' end ctx:sleep('1h')\n return 'old'"));
  when(ChangeBundle{next, {}, 2});
  EXPECT_TRUE(replies_.back().answer.ok());
  EXPECT_TRUE(incidents_.empty());
  crash();
  EXPECT_EQ(status(), InstanceStatus::running);
}

TEST_F(WorkflowTest, a_paused_instance_keeps_what_comes_and_goes_on_when_resumed) {
  given("return ctx:wait_signal('go')");
  start();
  when(PauseInstance{"ward move", {}, 2});
  when(SendSignal{"go", "\"kept\"", "", {}, 3});
  EXPECT_EQ(status(), InstanceStatus::running);
  crash();
  when(ResumeInstance{"done", {}, 4});
  EXPECT_EQ(result(), "\"kept\"");
}

TEST_F(WorkflowTest, a_rewind_takes_the_script_back_and_asks_again) {
  given("local a = ctx:activity('test.work')\n if a == 'bad' then error('cannot go on') end return a");
  start();
  finish(1, "\"bad\"");
  ASSERT_EQ(incidents_.size(), 1u);
  // Entry 0 Started, 1 OperationScheduled, 2 OperationResolved: back to before the result.
  when(ResolveIncident{1, IncidentAction::rewind, "", 2, "wrong answer", {}, 3});
  EXPECT_EQ(dispatched(), std::vector<std::string>{"test.work"});
  crash();
  finish(1, "\"good\"");
  EXPECT_EQ(result(), "\"good\"");
}

TEST_F(WorkflowTest, journal_time_stands_still_when_the_clock_goes_back_and_says_so) {
  given("ctx:wait_signal('a')  local t = ctx:now()  return t");
  start();
  const Instant began = now_;
  now_ = now_ - kHour;
  when(SendSignal{"a", "", "", {}, 2});
  EXPECT_EQ(result(), std::to_string(began.ms));
  EXPECT_NE(journal_bytes().size(), 0u);
}

TEST_F(WorkflowTest, every_turn_leaves_an_audit_record_that_binds_its_journal_row) {
  given("ctx:activity('test.work')  ctx:decide('hold', { outcome = 'hold', reason = 'unsafe', code = 'INR' })");
  start();
  EXPECT_NE(leaves_[0].find("\"action\":\"instance.started\""), std::string::npos) << leaves_[0];
  EXPECT_NE(leaves_[0].find("\"journal\":\"0+2:"), std::string::npos) << leaves_[0];
  finish(1, "1");
  bool decided = false;
  for (const std::string& leaf : leaves_) decided |= leaf.find("\"reason_code\":\"INR\"") != std::string::npos;
  EXPECT_TRUE(decided);
}

TEST_F(WorkflowTest, a_script_that_never_ends_becomes_an_incident) {
  given("while true do end");
  start();
  EXPECT_EQ(only_incident().cause.code, "BT306");
}

TEST_F(WorkflowTest, a_child_gets_its_input_however_deep_it_is_nested) {
  given(
      "local deep = 1 for i = 1, 50 do deep = { n = deep } end return ctx:child('test', { child = true, deep = deep "
      "})");
  start();
  ASSERT_EQ(outbox_.size(), 1u);
  EXPECT_NE(std::get<StartWorkflow>(outbox_[0].body).input.find(R"({"n":1}})"), std::string::npos);
}

TEST_F(WorkflowTest, a_child_is_started_through_the_outbox_and_its_end_comes_back) {
  given("return ctx:child('test', { child = true })");
  start();
  ASSERT_EQ(outbox_.size(), 1u);
  const auto& child = std::get<StartWorkflow>(outbox_[0].body);
  EXPECT_EQ(child.parent, "i1");
  when(TakeDelivery{{{ActorKind::instance, "i1.1"}, {ActorKind::instance, "i1"}, 1, ChildClosed{1, Outcome::of("9")}}});
  EXPECT_EQ(result(), "9");
}

}  // namespace
}  // namespace baton
