// Schedules and checks of bundles, from the outside of a node.
#include "persistence/audit_query.hpp"
#include "tests/support/node_world.hpp"

namespace baton::testing {
namespace {

class Schedules : public ::testing::Test {
 protected:
  Schedules() { world_.deploy_workflow("if input.wait then ctx:wait_signal('go') end return 1"); }
  Result<JsonText> ask(const std::string& action, JsonText spec = {}) {
    return world_.ask(ScheduleRequest{"rounds", action, std::move(spec), nurse()});
  }
  std::vector<InstanceRecord> runs() {
    InstanceFilter filter;
    filter.workflow = "flow";
    filter.oldest_first = true;
    return world_.node().reader().list_instances(filter, {}, 100)->items;
  }
  NodeWorld world_;
};

TEST_F(Schedules, a_run_is_started_at_each_nominal_time_once_even_across_a_crash) {
  ASSERT_TRUE(ask("create", R"({"workflow":"flow","input":{},"every":"1h"})").ok());
  world_.pass(Duration{2 * kHour.ms});
  ASSERT_EQ(runs().size(), 2u);
  EXPECT_EQ(runs().front().id, "rounds/2025-11-20T13:00:00.000Z");
  world_.crash();
  world_.pass(Duration{2 * kHour.ms});
  EXPECT_EQ(runs().size(), 4u);
  for (const InstanceRecord& run : runs()) EXPECT_EQ(run.status, InstanceStatus::completed);
}

TEST_F(Schedules, one_with_a_misspelt_field_is_told_all_the_fields_that_there_are) {
  const auto refused = ask("create", R"({"workflow":"flow","every":"1h","overlapp":"skip"})");
  ASSERT_FALSE(refused.ok());
  for (const char* field : {"workflow", "input", "patient", "time_zone", "overlap", "every"}) {
    EXPECT_NE(refused.error().cure.find(field), std::string::npos) << refused.error().cure;
  }
}

TEST_F(Schedules, a_crash_at_any_step_of_a_run_starts_it_once) {
  for (int steps = 0; steps < 30; ++steps) {
    NodeWorld world;
    world.deploy_workflow("return 1");
    ASSERT_TRUE(world.ask(ScheduleRequest{"rounds", "create", R"({"workflow":"flow","every":"1h"})", nurse()}).ok());
    world.run();
    world.clock().set(kNoon + kHour);
    for (int i = 0; i < steps; ++i) world.node().run_one();
    world.crash();
    world.run();
    const auto all = world.node().reader().all_instances({}, 10);
    ASSERT_EQ(all->items.size(), 1u) << steps;
    ASSERT_EQ(all->items.front().status, InstanceStatus::completed) << steps;
  }
}

TEST_F(Schedules, a_paused_schedule_starts_nothing_until_it_is_resumed) {
  ASSERT_TRUE(ask("create", R"({"workflow":"flow","input":{},"every":"1h"})").ok());
  ASSERT_TRUE(ask("pause").ok());
  world_.pass(Duration{3 * kHour.ms});
  EXPECT_TRUE(runs().empty());
  ASSERT_TRUE(ask("resume").ok());
  world_.pass(kHour);
  EXPECT_EQ(runs().size(), 1u);
}

TEST_F(Schedules, a_pause_that_meets_a_run_is_not_overwritten_by_it) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    NodeWorld world(seed);
    world.deploy_workflow("return 1");
    ASSERT_TRUE(world.ask(ScheduleRequest{"rounds", "create", R"({"workflow":"flow","every":"1h"})", nurse()}).ok());
    world.run();
    world.node().submit(ScheduleRequest{"rounds", "pause", {}, nurse()},
                        [](const Result<JsonText>& answer) { EXPECT_TRUE(answer.ok()); });
    for (std::uint64_t step = 0; step < seed % 5; ++step) world.node().run_one();
    world.clock().set(kNoon + kHour);
    world.run();
    const auto row = world.node().reader().named("schedules", "rounds");
    ASSERT_NE((*row)->find("\"paused\":true"), std::string::npos) << "seed " << seed << ": " << **row;
    world.pass(kHour);
    EXPECT_LE(world.node().reader().all_instances({}, 10)->items.size(), 1u) << "seed " << seed;
  }
}

TEST_F(Schedules, a_time_that_comes_while_a_run_is_open_is_skipped_or_kept_for_its_end) {
  ASSERT_TRUE(ask("create", R"({"workflow":"flow","input":{"wait":true},"every":"1h","overlap":"buffer_one"})").ok());
  world_.pass(Duration{3 * kHour.ms});
  ASSERT_EQ(runs().size(), 1u);
  ASSERT_TRUE(world_.signal(runs().front().id, "go").ok());
  world_.run();
  EXPECT_EQ(runs().size(), 2u);
}

TEST_F(Schedules, a_run_that_ends_while_the_next_is_being_kept_for_its_end_is_seen_to_have_ended) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    NodeWorld world(seed);
    world.deploy_workflow("return 1");
    const JsonText spec = R"({"workflow":"flow","every":"1h","overlap":"buffer_one","until":"2025-11-20T14:30:00Z"})";
    ASSERT_TRUE(world.ask(ScheduleRequest{"rounds", "create", spec, nurse()}).ok());
    world.clock().set(kNoon + Duration{2 * kHour.ms});
    world.run();
    EXPECT_EQ(world.node().reader().all_instances({}, 10)->items.size(), 2u) << "seed " << seed;
  }
}

// The run before ended while the server was down, which shows when it is up again.
TEST_F(Schedules, a_time_that_came_in_a_downtime_is_not_skipped_for_a_run_that_had_ended_by_then) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    NodeWorld world(seed);
    world.deploy_workflow("ctx:sleep(input.length) return 1");
    const std::string spec = R"({"workflow":"flow","every":"1h","catch_up":"3h","input":{"length":")" +
                             std::string(seed % 2 == 0 ? "30m" : "5h") + "\"}}";
    ASSERT_TRUE(world.ask(ScheduleRequest{"rounds", "create", spec, nurse()}).ok());
    world.pass(kHour);
    world.clock().set(world.clock().now() + kHour);
    world.crash();
    world.run();
    world.pass(kMinute);
    const auto next = world.node().reader().instance("rounds/2025-11-20T14:00:00.000Z");
    EXPECT_EQ(next->has_value(), seed % 2 == 0) << "one that still runs is not overtaken";
  }
}

TEST_F(Schedules, one_can_be_triggered_replaced_and_deleted) {
  const JsonText spec = R"({"workflow":"flow","input":{},"every":"1h"})";
  ASSERT_TRUE(ask("create", spec).ok());
  EXPECT_EQ(ask("create", spec).error().code, ErrorCode::already_exists);
  EXPECT_TRUE(ask("replace", spec).ok());
  EXPECT_TRUE(ask("trigger").ok());
  EXPECT_EQ(runs().size(), 1u);
  EXPECT_TRUE(ask("delete").ok());
  EXPECT_EQ(ask("trigger").error().code, ErrorCode::not_found);
  world_.pass(Duration{3 * kHour.ms});
  EXPECT_EQ(runs().size(), 1u);
  EXPECT_EQ(ask("create", R"({"workflow":"flow","every":"often"})").error().code, ErrorCode::bad_field);
}

TEST_F(Schedules, one_that_is_replaced_still_knows_its_open_run) {
  const JsonText spec = R"({"workflow":"flow","input":{"wait":true},"every":"1h","overlap":"skip"})";
  EXPECT_EQ(ask("replace", spec).error().code, ErrorCode::not_found) << "a slip of the pen makes no second schedule";
  ASSERT_TRUE(ask("create", spec).ok());
  world_.pass(kHour);
  ASSERT_EQ(runs().size(), 1u);
  ASSERT_TRUE(ask("replace", spec).ok());
  world_.pass(Duration{2 * kHour.ms});
  EXPECT_EQ(runs().size(), 1u) << "it is open";
  ASSERT_TRUE(world_.signal(runs().front().id, "go").ok());
  world_.pass(kHour);
  EXPECT_EQ(runs().size(), 2u);
}

TEST_F(Schedules, two_triggers_in_one_millisecond_are_two_runs_and_say_which) {
  ASSERT_TRUE(ask("create", R"({"workflow":"flow","input":{},"every":"1h"})").ok());
  const auto first = ask("trigger");
  const auto second = ask("trigger");
  ASSERT_TRUE(first.ok() && second.ok());
  ASSERT_EQ(runs().size(), 2u);
  EXPECT_NE(first->find("\"" + runs().front().id + "\""), std::string::npos) << *first;
  EXPECT_NE(second->find("\"" + runs().back().id + "\""), std::string::npos) << *second;
}

TEST_F(Schedules, a_trigger_at_a_nominal_time_is_a_run_beside_that_time) {
  ASSERT_TRUE(ask("create", R"({"workflow":"flow","input":{},"every":"1h"})").ok());
  world_.pass(kHour);
  ASSERT_EQ(runs().size(), 1u);
  const auto triggered = ask("trigger");
  ASSERT_TRUE(triggered.ok());
  EXPECT_EQ(runs().size(), 2u) << *triggered;
}

TEST_F(Schedules, one_goes_on_when_a_clock_that_was_ahead_is_set_right_and_starts_nothing_twice) {
  ASSERT_TRUE(ask("create", R"({"workflow":"flow","input":{"wait":true},"every":"1h","overlap":"cancel_other"})").ok());
  const auto set = [this](Instant at) {
    world_.clock().set(at);
    world_.node().clock_was_set();
    world_.run();
  };
  set(kNoon + Duration{3 * kHour.ms});
  ASSERT_EQ(runs().size(), 1u);
  set(kNoon);
  world_.pass(Duration{2 * kHour.ms});
  EXPECT_EQ(runs().size(), 3u) << "those of the next two hours";
  set(kNoon + Duration{2 * kHour.ms + kMinute.ms * 30});
  world_.pass(kHour);
  EXPECT_EQ(runs().size(), 3u) << "that of the third hour was started when the clock was ahead";
  world_.pass(kHour);
  EXPECT_EQ(runs().size(), 4u);
}

TEST_F(Schedules, a_crash_at_any_step_of_a_run_leaves_the_one_before_it_cancelled) {
  for (int steps = 0; steps < 160; ++steps) {
    NodeWorld world(static_cast<std::uint64_t>(steps / 40 + 1));
    world.deploy_workflow("ctx:wait_signal('go')");
    const JsonText spec = R"({"workflow":"flow","every":"1h","overlap":"cancel_other"})";
    ASSERT_TRUE(world.ask(ScheduleRequest{"rounds", "create", spec, nurse()}).ok());
    world.pass(kHour);
    world.clock().set(kNoon + Duration{2 * kHour.ms});
    for (int i = 0; i < steps % 40; ++i) world.node().run_one();
    world.crash();
    world.pass(kMinute);
    const auto all = world.node().reader().all_instances({}, 10);
    ASSERT_EQ(all->items.size(), 2u) << steps;
    EXPECT_EQ(std::ranges::count(all->items, InstanceStatus::running, &InstanceRecord::status), 1) << steps;
  }
}

TEST_F(Schedules, a_time_that_comes_again_does_not_cancel_its_own_open_run) {
  ASSERT_TRUE(ask("create", R"({"workflow":"flow","input":{"wait":true},"every":"1h","overlap":"cancel_other"})").ok());
  world_.pass(kHour);
  ASSERT_EQ(runs().size(), 1u);
  world_.clock().set(kNoon);
  world_.node().clock_was_set();
  world_.pass(kHour);
  ASSERT_EQ(runs().size(), 1u);
  EXPECT_EQ(runs().front().status, InstanceStatus::running);
}

TEST_F(Schedules, one_whose_time_zone_the_machine_has_lost_says_so_and_can_be_replaced_or_deleted) {
  const JsonText spec = R"({"workflow":"flow","input":{},"cron":"0 * * * *","time_zone":"UTC"})";
  ASSERT_TRUE(ask("create", spec).ok());
  const auto shown = [this] { return world_.node().reader().named("schedules", "rounds")->value(); };
  std::string row = shown();
  row.replace(row.find("UTC"), 3, "Mars/Olympus");
  AuditRecord record;
  record.action = action::kScheduleChanged;
  const auto lose_the_zone = [&] { return world_.ask(RecordAccess{{{"schedules", "rounds", row}}, record}).ok(); };
  ASSERT_TRUE(lose_the_zone());
  world_.crash();
  world_.pass(Duration{2 * kHour.ms});
  EXPECT_TRUE(runs().empty());
  EXPECT_NE(shown().find("'Mars/Olympus' is not a time zone"), std::string::npos) << shown();
  EXPECT_TRUE(ask("pause").ok());
  EXPECT_TRUE(ask("replace", spec).ok());
  world_.pass(kHour);
  EXPECT_EQ(runs().size(), 1u);
  EXPECT_EQ(shown().find("last_failure"), std::string::npos) << shown();
  ASSERT_TRUE(lose_the_zone());
  EXPECT_TRUE(ask("delete").ok());
}

TEST_F(Schedules, one_that_could_never_start_anything_is_refused) {
  EXPECT_EQ(ask("create", R"({"workflow":"folw","every":"1h"})").error().code, ErrorCode::unknown_workflow);
  for (const char* when : {R"("cron":"0 6 30 2 *","time_zone":"UTC")",
                           R"("every":"1h","from":"2027-01-02T00:00:00Z","until":"2027-01-01T00:00:00Z")",
                           R"("every":"1h","until":"2025-01-01T00:00:00Z")"}) {
    const auto refused = ask("create", std::string(R"({"workflow":"flow",)") + when + "}");
    ASSERT_FALSE(refused.ok()) << when;
    EXPECT_EQ(refused.error().code, ErrorCode::bad_field);
  }
}

TEST_F(Schedules, the_longest_name_is_one_whose_runs_can_be_started) {
  const auto create = [this](std::size_t size) {
    return world_.ask(
        ScheduleRequest{std::string(size, 's'), "create", R"({"workflow":"flow","input":{},"every":"1h"})", nurse()});
  };
  EXPECT_EQ(create(176).error().code, ErrorCode::bad_field);
  ASSERT_TRUE(create(175).ok());
  world_.pass(kHour);
  ASSERT_EQ(runs().size(), 1u);
  EXPECT_EQ(runs().front().id.size(), 200u);
}

TEST_F(Schedules, what_keeps_a_run_from_starting_is_shown_until_one_starts) {
  ASSERT_TRUE(ask("create", R"({"workflow":"flow","input":{},"every":"1h"})").ok());
  const auto shown = [this] { return world_.node().reader().named("schedules", "rounds")->value(); };
  EXPECT_EQ(shown().find("last_failure"), std::string::npos);
  // The bundle is deployed again without the workflow.
  DeployRequest other{
      "house", {{"workflows/other.lua", "return require('workflow').define { name = 'other', run = function() end }"}}};
  other.name = world_.node().live_program("flow")->name();
  other.by = nurse();
  ASSERT_TRUE(world_.ask(std::move(other)).ok());
  world_.pass(kHour);
  EXPECT_NE(shown().find(R"("last_failure":"BT)"), std::string::npos) << shown();
  EXPECT_NE(shown().find("no live bundle defines flow"), std::string::npos);
  world_.deploy_workflow("return 1");
  world_.pass(Duration{5'000});
  EXPECT_EQ(runs().size(), 1u);
  EXPECT_EQ(shown().find("last_failure"), std::string::npos);
}

TEST(Check, says_for_every_open_instance_what_another_bundle_would_do_to_it) {
  NodeWorld world;
  world.deploy_workflow("ctx:wait_signal('go') return 1");
  for (int i = 0; i < 150; ++i) world.start("i" + std::to_string(i));
  const auto check = [&](const std::string& body) {
    CheckRequest request;
    request.name = "test";
    request.files["workflows/flow.lua"] =
        "local workflow = require \"workflow\"\nreturn workflow.define { name = \"flow\","
        " run = function(ctx, input)\n" +
        body + "\nend }\n";
    return boost::json::parse(world.tell(request)).as_object();
  };
  EXPECT_EQ(check("ctx:wait_signal('go') return 2").at("same").as_int64(), 150);
  const auto changed = check("ctx:wait_signal('stop') return 1");
  EXPECT_EQ(changed.at("needs_patch").as_int64(), 150);
  EXPECT_EQ(changed.at("findings").as_array().size(), 150u);
  EXPECT_EQ(check("error('no')").at("impossible").as_int64(), 150);
}

TEST(Deploy, two_live_bundles_cannot_define_one_workflow) {
  NodeWorld world;
  world.deploy_workflow("return 1");
  DeployRequest request;
  request.name = "other";
  request.files["workflows/flow.lua"] =
      "return require('workflow').define { name = 'flow', run = function() return 2 end }";
  const auto answer = world.ask(request);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::bad_bundle);
  world.crash();
  EXPECT_NE(world.node().live_program("flow"), nullptr);
}

TEST(Deploy, an_instance_stays_on_the_bundle_that_it_began_with) {
  NodeWorld world;
  world.deploy_workflow("ctx:wait_signal('go') return 'old'");
  world.start("one");
  world.deploy_workflow("ctx:wait_signal('go') return 'new'");
  world.start("two");
  world.crash();
  ASSERT_TRUE(world.signal("one", "go").ok());
  ASSERT_TRUE(world.signal("two", "go").ok());
  EXPECT_EQ(world.result("one"), "\"old\"");
  EXPECT_EQ(world.result("two"), "\"new\"");
}

TEST_F(Schedules, the_record_of_a_change_says_what_was_said_and_about_whom) {
  ASSERT_TRUE(ask("create", R"({"workflow":"flow","input":{"secret":1},"every":"1h","patient":"p-1"})").ok());
  AuditFilter filter;
  filter.fields = {{"action", "schedule.changed"}, {"patient", "p-1"}};
  const auto records = query_audit(world_.node().reader(), filter, "", 10);
  ASSERT_TRUE(records.ok());
  ASSERT_EQ(records->items.size(), 1u);
  const std::string& leaf = records->items.front().leaf;
  EXPECT_NE(leaf.find(R"("spec":{"every":"1h"})"), std::string::npos) << leaf;
  EXPECT_NE(leaf.find("input_sha256"), std::string::npos) << leaf;
  EXPECT_EQ(leaf.find("secret"), std::string::npos) << leaf;
}

TEST_F(Schedules, a_time_that_comes_again_does_not_cancel_a_later_run_for_one_that_is_over) {
  ASSERT_TRUE(ask("create", R"({"workflow":"flow","input":{"wait":true},"every":"1h","overlap":"cancel_other"})").ok());
  world_.pass(Duration{2 * kHour.ms});
  ASSERT_EQ(runs().size(), 2u);
  world_.clock().set(kNoon);
  world_.node().clock_was_set();
  world_.pass(kHour);
  EXPECT_EQ(std::ranges::count(runs(), InstanceStatus::running, &InstanceRecord::status), 1);
}

}  // namespace
}  // namespace baton::testing
