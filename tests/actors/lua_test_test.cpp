// The test runner, tested: what passes, and that each kind of wrong expectation fails with words that help.
#include "actors/testing/lua_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Asks a pharmacist for an order that the pharmacy did not fill, and counts the days until somebody answers.
constexpr char kOrder[] = R"(
local workflow = require "workflow"
return workflow.define {
  name = "order", on = { event = "order.placed", key = "encounter" }, search = { stage = "keyword" },
  queries = { stage = function(attributes) return attributes.stage end },
  run = function(ctx, input)
    ctx:set("stage", "filling")
    local answer = ctx:activity("pharmacy.fill", { drug = input.drug }, { retry = { attempts = 3, initial = "1m" }, timeout = "10s" })
    if answer.filled then return { filled = true } end
    ctx:sleep("1d")
    ctx:set("stage", "asking")
    local decision = ctx:task("ask_pharmacy", { why = "the order was not filled", candidates = { role = "pharmacist" },
      outcomes = { "filled", "given_up" }, data = answer, due = "4h" })
    local paid = ctx:wait_signal("paid", { timeout = "30d" })
    return { outcome = decision.outcome, paid = paid ~= nil }
  end,
}
)";

constexpr char kPharmacy[] = R"(
local http = require "http"
local json = require "json"
return {
  fill = function(input, activity)
    local answer = http.post(activity.settings.pharmacy or "http://pharmacy/fill", { drug = input.drug, key = activity.idempotency_key })
    if answer.status ~= 200 then error { code = "refused", message = "status " .. answer.status, retryable = false } end
    return json.decode(answer.body)
  end,
}
)";

LuaTestReport run(const std::string& body, BundleFiles more = {}, LuaTestOptions options = {}) {
  BundleFiles files{{"workflows/order.lua", kOrder}, {"activities/pharmacy.lua", kPharmacy}};
  files["tests/order_test.lua"] = "local test = require \"test\"\n" + body;
  for (auto& [path, content] : more) files[path] = content;
  auto report = run_lua_tests(std::move(files), options);
  EXPECT_TRUE(report.ok()) << (report.ok() ? "" : to_string(report.error()));
  return report.ok() ? *report : LuaTestReport{};
}

// One case with this body on line 3; what it failed with, or "passed".
std::string run_case(const std::string& body, LuaTestOptions options = {}) {
  const LuaTestReport report = run("test.case(\"it\", function(t)\n" + body + "\nend)\n", {}, options);
  if (report.cases.size() != 1) return std::to_string(report.cases.size()) + " cases";
  return report.cases.front().passed ? "passed" : report.cases.front().failure;
}

constexpr char kAsked[] =
    R"( t:mock("pharmacy.fill", { filled = false }) local order = t:start("order", { drug = "apixaban" }, { key = "O1" }) )";
std::string asked(const std::string& body) { return kAsked + body; }

TEST(LuaTest, a_case_inside_a_case_fails_since_it_would_never_run) {
  EXPECT_THAT(run_case("test.case('inner', function() end)"),
              HasSubstr("test.case('inner') stands inside another case"));
}

TEST(LuaTest, passes_a_case_whose_expectations_hold) {
  EXPECT_EQ(run_case(asked(R"(
    t:skip("1d")
    local task = t:expect_task("ask_pharmacy", { role = "pharmacist" })
    t:equal(task.why, "the order was not filled")
    t:equal(task.data, { filled = false })
    t:equal(task.due, t:now() + 4 * 3600 * 1000)
    t:equal(order:query("stage"), "asking")
    task:claim({ subject = "ann", role = "pharmacist" }):decide("given_up", { reason = "no stock" })
    t:expect_no_task()
    order:signal("paid", { amount = 3 })
    t:equal(order:status(), "completed")
    t:equal(order:result(), { outcome = "given_up", paid = true })
    t:equal(t:calls("pharmacy.fill"), { { drug = "apixaban" } })
    t:expect_activity("pharmacy.fill", { drug = "apixaban" })
    t:contains(order:history()[1].type, "Started")
    t:equal(t:instance("order", "O1").id, order.id))")),
            "passed");
}

TEST(LuaTest, moves_the_clock_timer_by_timer) {
  EXPECT_EQ(run_case(asked(R"(
    t:clock("2026-03-01T10:00:00Z")
    t:skip("1h", "business")
    t:expect_task("ask_pharmacy"):decide("filled")
    t:skip("29d") t:equal(order:status(), "running")
    t:skip("1d") t:equal(order:result(), { outcome = "filled", paid = false })
    t:fails(function() t:clock("2026-01-01T00:00:00Z") end, "cannot go back"))")),
            "passed");
}

TEST(LuaTest, starts_instances_by_events_of_a_patient) {
  EXPECT_EQ(run_case(R"(
    t:mock("pharmacy.fill", function(input) return { filled = input.drug == nil } end)
    local event = t:event { type = "order.placed", encounter = "E7", data = { drug = "x" } }
    t:equal(event.type, "order.placed")
    local order = t:instance("order", "E7")
    t:equal(order:status(), "completed")
    t:equal(order.patient, t:start("order", {}, { patient = "P1" }).patient))"),
            "passed");
}

TEST(LuaTest, runs_an_activity_without_a_mock_when_its_http_is_answered) {
  EXPECT_EQ(run_case(R"(
    t:http("pharmacy/fill$", function(request) t:contains(request.body, "apixaban") return { body = { filled = true } } end)
    local order = t:start("order", { drug = "apixaban" })
    t:equal(order:result(), { filled = true })
    t:equal(t:activity("pharmacy.fill", { drug = "y" }, { settings = { pharmacy = "http://other/" }, http = function(request)
      t:equal(request.url, "http://other/")
      return { status = 200, body = '{"filled":false}' }
    end }), { filled = false })
    local refused = t:fails(function() t:activity("pharmacy.fill", {}, { http = function() return { status = 500 } end }) end, "refused: status 500")
    t:equal(refused.retryable, false))"),
            "passed");
}

constexpr char kSlow[] = R"(
local workflow = require "workflow"
return workflow.define { name = "slow", run = function(ctx, input)
  local ok, got = pcall(ctx.activity, ctx, "slow." .. input.what, input, { timeout = input.timeout, heartbeat = input.heartbeat,
    retry = { attempts = input.attempts or 1, initial = "1m" }, on_exhausted = "raise" })
  return ok and got or got.code
end }
)";

constexpr char kSlowWork[] = R"(
return {
  nap = function(input, activity) activity:sleep(input.nap) return "slept " .. activity.attempt end,
  beats = function(input, activity)
    for i = 1, 4 do activity:heartbeat(i) activity:sleep(input.nap) end
    return "beat"
  end,
}
)";

std::string run_slow(const std::string& body, LuaTestOptions options = {}) {
  const LuaTestReport report = run("test.case('it', function(t) t:http('.', {}) " + body + "\nend)\n",
                                   {{"workflows/slow.lua", kSlow}, {"activities/slow.lua", kSlowWork}}, options);
  if (report.cases.size() != 1) return std::to_string(report.cases.size()) + " cases";
  return report.cases.front().passed ? "passed" : report.cases.front().failure;
}

TEST(LuaTest, times_an_activity_out_by_the_clock_of_the_test) {
  EXPECT_EQ(run_slow(R"(local case = t:start("slow", { what = "nap", nap = "1h", timeout = "1m" })
    t:equal(case:status(), "running")
    t:skip("59s") t:equal(case:status(), "running")
    t:skip("1s") t:equal(case:result(), "timeout"))"),
            "passed");
  EXPECT_EQ(run_slow(R"(local case = t:start("slow", { what = "nap", nap = "30s", timeout = "1m" })
    t:skip("29s") t:equal(case:status(), "running")
    t:skip("1s") t:equal(case:result(), "slept 1"))"),
            "passed");
}

TEST(LuaTest, loses_an_activity_that_gives_no_sign_of_life) {
  EXPECT_EQ(run_slow(R"(local case = t:start("slow", { what = "beats", nap = "2m", heartbeat = "1m", timeout = "1h" })
    t:skip("1m") t:equal(case:result(), "timeout"))"),
            "passed");
  EXPECT_EQ(run_slow(R"(local case = t:start("slow", { what = "beats", nap = "50s", heartbeat = "1m", timeout = "1h" })
    t:skip("3m") t:equal(case:status(), "running")
    t:skip("20s") t:equal(case:result(), "beat"))"),
            "passed");
}

TEST(LuaTest, begins_an_activity_again_that_a_crash_or_a_time_out_ended) {
  EXPECT_EQ(run_slow(R"(local case = t:start("slow", { what = "nap", nap = "50s", timeout = "1m" })
    t:skip("40s") t:crash()
    t:skip("40s") t:equal(case:status(), "running")
    t:skip("10s") t:equal(case:result(), "slept 1"))"),
            "passed");
  LuaTestOptions everywhere;
  everywhere.crash_everywhere = true;
  EXPECT_EQ(run_slow(R"(local case = t:start("slow", { what = "nap", nap = "1h", timeout = "1m", attempts = 3 })
    t:skip("1h") t:equal(case:result(), "timeout"))",
                     everywhere),
            "passed");
}

TEST(LuaTest, fails_a_mock_with_the_code_that_the_real_activity_has) {
  const BundleFiles more{{"workflows/fails.lua", R"(return require("workflow").define { name = "fails",
    run = function(ctx, input)
      local _, err = pcall(ctx.activity, ctx, "real." .. input, {}, { retry = "none", on_exhausted = "raise" })
      return err.code
    end })"},
                         {"activities/real.lua", R"(return {
      text = function() error("plain") end, bare = function() error { message = "no code" } end,
      down = function() require("http").get("http://nobody/") end })"}};
  const LuaTestReport report = run(R"(
    local function run(t, what) return t:start("fails", what):result() end
    test.case("real", function(t)
      t:http("answers", {})
      t:equal({ run(t, "text"), run(t, "bare"), run(t, "down") }, { "BT303", "BT303", "BT703" })
    end)
    test.case("mocked", function(t)
      t:mock("real.text", function() error("plain") end)
      t:mock("real.bare", function() error { message = "no code" } end)
      t:equal({ run(t, "text"), run(t, "bare") }, { "BT303", "BT303" })
    end))",
                                   more);
  ASSERT_EQ(report.cases.size(), 2u);
  EXPECT_TRUE(report.cases[0].passed) << report.cases[0].failure;
  EXPECT_TRUE(report.cases[1].passed) << report.cases[1].failure;
}

TEST(LuaTest, answers_some_calls_of_an_activity_and_then_as_before) {
  EXPECT_EQ(run_case(R"(
    t:mock("pharmacy.fill", { filled = true })
    t:mock("pharmacy.fill", { fail = { code = "busy", message = "later", retry_after = "5m" } }, 2)
    local order = t:start("order", { drug = "x" })
    t:skip("4m") t:equal(#t:calls("pharmacy.fill"), 1)
    t:skip("1m") t:equal(#t:calls("pharmacy.fill"), 2)
    t:skip("6m") t:equal(order:status(), "completed"))"),
            "passed");
}

TEST(LuaTest, opens_an_incident_that_a_test_can_expect_and_resolve) {
  EXPECT_EQ(run_case(R"(
    t:mock("pharmacy.fill", { fail = { code = "down", message = "no line" } })
    local order = t:start("order", { drug = "x" })
    t:skip("1h")
    local incident = t:expect_incident()
    t:contains(incident.message .. t:expect_incident().code, "")
    incident:skip({ filled = true })
    t:equal(order:result(), { filled = true }))"),
            "passed");
}

TEST(LuaTest, says_which_tasks_and_waits_there_are_instead_of_the_expected_task) {
  EXPECT_THAT(run_case(asked("\nt:expect_task('ask_pharmacy')")),
              AllOf(StartsWith("tests/order_test.lua:4: expected an open task ask_pharmacy, and there is none"),
                    HasSubstr("order-1 with key O1 is running"),
                    HasSubstr("waits for timer sleep until 2026-01-06T15:00:00.000Z (order.lua:")));
  EXPECT_THAT(run_case(asked("t:skip('1d') t:expect_task('ask_pharmacy', { role = 'nurse' })")),
              AllOf(HasSubstr("expected an open task ask_pharmacy for nurse"),
                    HasSubstr("waits for task ask_pharmacy by pharmacist")));
  EXPECT_THAT(run_case(asked("t:skip('1d') t:expect_no_task()")), HasSubstr("expected no open task, and there is"));
  EXPECT_THAT(run_case(asked("t:skip('1d') t:expect_task('ask_pharmacy'):decide('maybe')")),
              HasSubstr("filled, given_up"));
  EXPECT_THAT(run_case("t:expect_task('x')"), HasSubstr("no instance was started"));
}

TEST(LuaTest, says_what_was_got_and_what_was_expected) {
  EXPECT_THAT(run_case("t:equal({ a = { 1, 2 } }, { a = { 1, 3 } }, 'the list')"),
              StartsWith("tests/order_test.lua:3: the list: a[2]: got 2, expected 3"));
  EXPECT_THAT(run_case("t:equal({ a = 1 }, {})"), HasSubstr("a: got 1, expected nil"));
  EXPECT_THAT(run_case("t:truthy(false)"), HasSubstr("got false"));
  EXPECT_THAT(run_case("t:fails(function() end, 'x')"), HasSubstr("expected an error like 'x', and there was none"));
  EXPECT_THAT(run_case("t:fails(function() error('y') end, 'x')"), HasSubstr("and got: tests/order_test.lua:3: y"));
  EXPECT_THAT(run_case("t:contains({ 1 }, 2)"), HasSubstr("to contain 2"));
  EXPECT_THAT(run_case(asked("t:equal(order:status(), 'completed')")),
              HasSubstr("got \"running\", expected \"completed\""));
  EXPECT_THAT(run_case(asked("order:result()")), HasSubstr("has no result yet"));
}

TEST(LuaTest, says_which_calls_an_activity_had) {
  EXPECT_THAT(run_case(asked("t:expect_activity('pharmacy.fill', { drug = 'z' })")),
              HasSubstr("{\"drug\":\"apixaban\"}"));
  EXPECT_THAT(run_case("t:expect_activity('pharmacy.fill')"), HasSubstr("there was none"));
  EXPECT_THAT(run_case("t:mock('pharmacy.refill', {})"), HasSubstr("no activity 'pharmacy.refill'"));
}

TEST(LuaTest, fails_a_case_that_leaves_an_incident_it_did_not_expect) {
  EXPECT_THAT(run_case("t:start('order', { drug = 'x' })"),
              AllOf(HasSubstr("unmocked_activity"), HasSubstr("t:mock(\"pharmacy.fill\", ..)")));
  EXPECT_THAT(run_case("t:mock('pharmacy.fill', 5)\nt:start('order', { drug = 'x' })"),
              HasSubstr("did not expect: BT303: order.lua:"));
  EXPECT_THAT(run_case(asked("t:expect_incident('down')")),
              HasSubstr("expected one open incident down, and there are 0"));
}

TEST(LuaTest, fails_a_case_by_a_check_inside_of_a_mock) {
  EXPECT_THAT(
      run_case(
          "t:mock('pharmacy.fill', function(input) t:equal(input.drug, 'y') end)\nt:start('order', { drug = 'x' })"),
      StartsWith("tests/order_test.lua:3: got \"x\", expected \"y\""));
  EXPECT_THAT(run_case("t:mock('pharmacy.fill', function() t:skip('1d') end) t:start('order', {})"),
              HasSubstr("a mock answers in the middle of a step"));
}

TEST(LuaTest, names_a_misspelt_option_and_a_wrong_argument) {
  EXPECT_THAT(run_case("t:start('order', {}, { kee = 1 })"), HasSubstr("no option 'kee'; it has key, patient, id"));
  EXPECT_THAT(run_case("t:skip(3)"), HasSubstr("t:skip needs a text, and got 3"));
  EXPECT_THAT(run_case("t:skip('3 days')"), HasSubstr("3 days"));
  EXPECT_THAT(run_case("t:start('ordre', {})"), HasSubstr("ordre"));
  EXPECT_THAT(run_case("t:instance('ordre')"), HasSubstr("no workflow 'ordre'"));
  EXPECT_THAT(run_case("t:map('x', 'MSH')"), HasSubstr("no mapping 'x'"));
  EXPECT_THAT(run_case("local a = nil + 1"), HasSubstr("tests/order_test.lua:3"));
}

TEST(LuaTest, reports_a_file_that_does_not_load_and_goes_on) {
  const LuaTestReport report =
      run("test.case('fine', function() end)", {{"tests/a_test.lua", "local x = nil\nx.y = 1"},
                                                {"tests/b_test.lua", "require('test').case('t', function(t) end)"}});
  ASSERT_EQ(report.cases.size(), 3u);
  EXPECT_FALSE(report.cases[0].passed);
  EXPECT_THAT(report.cases[0].failure, HasSubstr("tests/a_test.lua:2"));
  EXPECT_EQ(report.failed(), 1u);
}

TEST(LuaTest, runs_only_the_cases_whose_sentence_contains_the_filter) {
  LuaTestOptions options;
  options.filter = "two";
  const LuaTestReport report =
      run("for _, n in ipairs { 'one', 'two' } do test.case(n, function() end) end", {}, options);
  ASSERT_EQ(report.cases.size(), 1u);
  EXPECT_EQ(report.cases[0].name, "two");
}

TEST(LuaTest, shows_the_history_of_a_failed_case_and_a_line_for_each) {
  const LuaTestReport report =
      run(std::string("test.case('it breaks', function(t)") + kAsked + "t:skip('30d') t:truthy(nil) end)");
  ASSERT_EQ(report.cases.size(), 1u);
  EXPECT_THAT(report.cases[0].history,
              AllOf(HasSubstr("order-1 with key O1 is running"), HasSubstr("OperationScheduled")));
  EXPECT_THAT(lua_test_text(report.cases[0]), AllOf(StartsWith("FAIL  it breaks  (4w2d in "), HasSubstr("history:")));
  EXPECT_THAT(lua_test_summary(report), StartsWith("0 passed, 1 failed"));
  EXPECT_THAT(lua_test_json(report), AllOf(HasSubstr("\"failed\":1"), HasSubstr("\"virtual_seconds\":2592000")));
}

TEST(LuaTest, goes_on_after_a_crash_as_if_there_had_been_none) {
  EXPECT_EQ(run_case(asked(R"(
    t:crash() t:skip("1d") t:crash()
    t:expect_task("ask_pharmacy"):decide("filled")
    t:crash() order:signal("paid") t:crash()
    t:equal(order:result(), { outcome = "filled", paid = true })
    t:equal(#t:calls("pharmacy.fill"), 1)
    t:replay(order))")),
            "passed");
}

TEST(LuaTest, repeats_a_case_with_a_crash_at_every_moment) {
  const LuaTestReport report = run(std::string("test.case('it', function(t) t:crash_everywhere()") + kAsked + R"(
    t:skip("1d") t:expect_task("ask_pharmacy"):claim():decide("filled") order:signal("paid")
    t:equal(order:status(), "completed") t:equal(#t:calls("pharmacy.fill"), 1) end))");
  ASSERT_EQ(report.cases.size(), 1u);
  EXPECT_TRUE(report.cases[0].passed) << report.cases[0].failure;
  EXPECT_GE(report.cases[0].crashes, 7u) << "start, activity, its result, timer, claim, decision, signal";
}

TEST(LuaTest, ends_an_activity_that_does_nothing_but_report_that_it_is_alive) {
  const BundleFiles more{
      {"activities/idle.lua", "return { beat = function(_, activity) while true do activity:heartbeat({}) end end }"},
      {"workflows/waits.lua",
       R"(return require("workflow").define { name = "waits", run = function(ctx) ctx:activity("idle.beat", {}, { timeout = "10s",
          retry = { attempts = 1 } }) end })"}};
  const LuaTestReport report = run(R"(test.case("it", function(t)
    t:http(".", {}) local case = t:start("waits") t:equal(case:status(), "running")
    t:skip("1m") t:expect_incident("retries_exhausted")
    t:fails(function() t:activity("idle.beat", {}) end, "did not end") end))",
                                   more);
  ASSERT_EQ(report.cases.size(), 1u);
  EXPECT_TRUE(report.cases[0].passed) << report.cases[0].failure;
}

TEST(LuaTest, finds_work_that_is_done_twice_when_a_crash_comes_between_it_and_its_commit) {
  LuaTestOptions everywhere;
  everywhere.crash_everywhere = true;
  const std::string body = R"(local given = 0
    t:mock("pharmacy.fill", function() given = given + 1 return { filled = true } end)
    t:start("order", { drug = "x" })
    t:equal(given, 1, "doses"))";
  EXPECT_EQ(run_case(body), "passed");
  EXPECT_THAT(run_case(body, everywhere),
              AllOf(StartsWith("with a crash at moment"), HasSubstr("doses: got 2, expected 1")));
  EXPECT_EQ(run_case(R"(local given = {}
    t:mock("pharmacy.fill", function(_, activity) given[activity.idempotency_key] = true return { filled = true } end)
    t:start("order", { drug = "x" })
    local doses = 0 for _ in pairs(given) do doses = doses + 1 end
    t:equal(doses, 1))",
                     everywhere),
            "passed");
}

constexpr char kForgetful[] = R"(
local workflow = require "workflow"
local seen = 0
return workflow.define {
  name = "forgetful", search = { total = "number" },
  run = function(ctx)
    ctx:step("look", function() seen = seen + 1 return true end)  -- Not run again on a replay.
    ctx:wait_signal("go")
    ctx:set("total", seen)
    ctx:wait_signal("end")
  end,
}
)";

TEST(LuaTest, finds_a_workflow_that_keeps_state_beside_its_journal) {
  const BundleFiles more{{"workflows/forgetful.lua", kForgetful}};
  const std::string body = "local case = t:start('forgetful') case:signal('other') case:signal('go') ";
  const LuaTestReport plain =
      run("test.case('it', function(t) " + body + " t:equal(case:attribute('total'), 1) end)", more);
  ASSERT_EQ(plain.cases.size(), 1u);
  EXPECT_TRUE(plain.cases[0].passed) << plain.cases[0].failure;
  LuaTestOptions everywhere;
  everywhere.crash_everywhere = true;
  const LuaTestReport crashed = run("test.case('it', function(t) " + body + " end)", more, everywhere);
  ASSERT_EQ(crashed.cases.size(), 1u);
  EXPECT_THAT(crashed.cases[0].failure,
              AllOf(HasSubstr("it ends in another way"), HasSubstr("forgetful-1 has total = 0")));
}

TEST(LuaTest, takes_another_order_of_two_branches_after_a_crash_for_no_difference) {
  const std::string both = R"(return require("workflow").define { name = "both", run = function(ctx)
    local function ask(drug)
      return function(s)
        s:activity("pharmacy.fill", { drug = drug })
        s:child("order", { drug = drug })
        return s:task("check_" .. drug, { why = "w", candidates = { role = "nurse" }, outcomes = { "yes" } }).outcome
      end
    end
    return ctx:all { a = ask("a"), b = ask("b") } end })";
  LuaTestOptions options;
  options.crash_everywhere = true;
  for (options.seed = 1; options.seed <= 3; ++options.seed) {
    const LuaTestReport report = run(R"(test.case("it", function(t)
      t:mock("pharmacy.fill", { filled = true })
      t:start("both")
      t:expect_task("check_a") t:expect_task("check_b") end))",
                                     {{"workflows/both.lua", both}}, options);
    ASSERT_EQ(report.cases.size(), 1u);
    EXPECT_TRUE(report.cases[0].passed) << report.cases[0].failure;
  }
}

TEST(LuaTest, accepts_a_case_that_was_ended_at_an_error_of_its_script) {
  const std::string flow =
      R"(return require("workflow").define { name = "broken", timeout = "2d", run = function(ctx, input)
    ctx:compensate(function() ctx:note("undone") end)
    ctx:sleep("1h")
    if input.endless then while true do end end
    error("a mistake")
  end })";
  const auto ended = [&](const std::string& input, const std::string& how) {
    const LuaTestReport report = run("test.case('it', function(t) local case = t:start('broken', " + input +
                                         ") t:skip('1h') " + how + " t:crash() end)\n",
                                     {{"workflows/broken.lua", flow}});
    return report.cases.at(0).passed ? "passed" : report.cases.at(0).failure;
  };
  EXPECT_EQ(ended("{}", "t:expect_incident('BT303'):cancel() t:equal(case:status(), 'cancelled')"), "passed");
  EXPECT_EQ(ended("{}", "case:cancel('x') t:equal(case:status(), 'cancelled')"), "passed");
  EXPECT_EQ(ended("{}", "t:skip('3d') t:equal(case:status(), 'failed')"), "passed");
  EXPECT_EQ(ended("{ endless = true }", "t:expect_incident('BT306'):cancel() t:equal(case:status(), 'cancelled')"),
            "passed");
}

TEST(LuaTest, gives_the_same_results_whatever_the_order_of_steps) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    LuaTestOptions options;
    options.seed = seed;
    EXPECT_EQ(run_case(asked("t:skip('1d') t:expect_task('ask_pharmacy'):decide('filled') t:skip('30d') "
                             "t:equal(order:result(), { outcome = 'filled', paid = false })"),
                       options),
              "passed");
  }
}

TEST(LuaTest, refuses_a_bundle_that_does_not_compile_or_has_no_tests) {
  EXPECT_EQ(run_lua_tests({{"workflows/x.lua", "return 1 +"}}).error().code, ErrorCode::script_syntax);
  EXPECT_EQ(run_lua_tests({{"workflows/order.lua", kOrder}, {"activities/pharmacy.lua", kPharmacy}}).error().code,
            ErrorCode::not_found);
}

TEST(LuaTest, shows_what_a_script_logs_under_its_case_once) {
  const std::string flow =
      "return require('workflow').define { name = 'talker', run = function(ctx, input) ctx:log('warn', 'before') "
      "ctx:sleep('1h') ctx:log('info', 'after') end }";
  LuaTestOptions options;
  options.crash_everywhere = true;
  options.seed = 7;
  const LuaTestReport report = run("test.case('it', function(t) t:start('talker', {}) t:skip('1h') t:crash() end)\n",
                                   {{"workflows/talker.lua", flow}}, options);
  ASSERT_EQ(report.cases.size(), 1u);
  EXPECT_EQ(report.cases[0].log, (std::vector<std::string>{"warn talker-1: before", "info talker-1: after"}));
  EXPECT_THAT(lua_test_text(report.cases[0]), HasSubstr("\n      log warn talker-1: before"));
  EXPECT_THAT(lua_test_json(report), HasSubstr(R"("log":["warn talker-1: before","info talker-1: after"])"));
}

}  // namespace
}  // namespace baton
