// Pauses until further notice: what is there, what begins, what comes to be such a case; when it is quiet; and that nothing
// is lost when it ends.
#include <gmock/gmock.h>

#include "tests/support/node_world.hpp"

namespace baton::testing {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

class StandingPauseTest : public ::testing::Test {
 protected:
  void given_cases() {
    world_.deploy_workflow(
        "ctx:set('ward', input.ward) local got = ctx:wait_signal('go') ctx:set('ward', 'moved') return got", "",
        "search = { ward = 'keyword' },");
    for (int i = 0; i < 4; ++i) world_.start("c" + std::to_string(i), i < 2 ? R"({"ward":"4W"})" : R"({"ward":"5E"})");
  }
  static std::string begin(NodeWorld& world, const std::string& body = R"({"workflow":"flow","reason":"r"})") {
    return std::string(json::parse(world.tell(PauseRequest{"begin", "", body, nurse()})).at("id").as_string());
  }
  std::string begin(const std::string& body) { return begin(world_, body); }
  void end(const std::string& id) {
    world_.tell(PauseRequest{"end", id, R"({"reason":"over"})", nurse()});
    world_.run();
  }
  std::string state(const std::string& id) {
    const auto row = world_.node().reader().named("standing_pauses", id);
    return std::string(json::parse(row->value_or("{}")).at("state").as_string());
  }
  [[nodiscard]] bool paused(const std::string& id) { return world_.instance(id).paused; }

  NodeWorld world_;
};

TEST_F(StandingPauseTest, of_a_unit_holds_back_what_is_there_and_what_comes_to_be_there) {
  given_cases();
  const std::string id = begin(R"({"unit":"4W","reason":"the ward moves"})");
  world_.run();
  EXPECT_TRUE(paused("c0"));
  EXPECT_TRUE(paused("c1"));
  EXPECT_FALSE(paused("c2"));
  EXPECT_EQ(state(id), "quiet");
  world_.start("c9", R"({"ward":"4W"})");  // Its script says in its first turn that it is one.
  world_.run();
  EXPECT_TRUE(paused("c9"));
  end(id);
  EXPECT_EQ(state(id), "ended");
  for (const char* each : {"c0", "c1", "c9"}) EXPECT_FALSE(paused(each)) << each;
  EXPECT_TRUE(world_.node().reader().named_all("paused_by")->empty());
}

TEST_F(StandingPauseTest, two_that_begin_in_one_moment_are_two) {
  given_cases();
  std::vector<std::string> ids;
  for (const char* body : {R"({"unit":"4W","reason":"r"})", R"({"unit":"5E","reason":"r"})"}) {
    world_.node().submit(PauseRequest{"begin", "", body, nurse()}, [&](const Result<JsonText>& begun) {
      ids.emplace_back(json::parse(begun.value()).at("id").as_string());
    });
  }
  world_.run();
  ASSERT_EQ(ids.size(), 2u);
  EXPECT_NE(ids[0], ids[1]);
  EXPECT_EQ(world_.node().reader().named_all("standing_pauses")->size(), 2u);
}

TEST_F(StandingPauseTest, of_a_workflow_lets_new_cases_begin_paused_and_keeps_their_messages_in_order) {
  given_cases();
  const std::string id = begin(R"({"workflow":"flow","reason":"a mistake in the script"})");
  world_.run();
  world_.start("c9", R"({"ward":"4W"})");
  EXPECT_TRUE(paused("c9"));
  EXPECT_EQ(world_.entries("c9")["OperationScheduled"], 0);  // Its script has not run.
  EXPECT_TRUE(world_.signal("c9", "go", "1").ok());
  EXPECT_TRUE(world_.signal("c9", "go", "2").ok());
  EXPECT_TRUE(world_.signal("c0", "go", "3").ok());
  const auto resumed = world_.send("c0", ResumeInstance{"by hand", nurse(), 0});
  ASSERT_FALSE(resumed.ok());
  EXPECT_THAT(resumed.error().cure, HasSubstr(id));
  end(id);
  EXPECT_EQ(world_.result("c9"), "1");
  EXPECT_EQ(world_.result("c0"), "3");
}

TEST_F(StandingPauseTest, is_quiet_only_when_no_attempt_is_under_way) {
  world_.deploy_workflow("return ctx:activity('work.go', 1)", "go = function() return 1 end");
  world_.start("c0");
  // Before anybody works on it: the attempt was handed over and is not back.
  const std::string id =
      std::string(json::parse(world_.tell(PauseRequest{"begin", "", R"({"workflow":"flow","reason":"r"})", nurse()}))
                      .at("id")
                      .as_string());
  world_.pass(Duration{5'000});
  EXPECT_EQ(state(id), "quiet");
  end(id);
  EXPECT_EQ(world_.status("c0"), "completed");
}

// A turn that was decided before the pause stood becomes durable after it: nothing is quiet until such turns are seen.
TEST_F(StandingPauseTest, is_quiet_only_when_what_began_at_its_very_beginning_is_held_back_too) {
  for (int seed = 0; seed < 150; ++seed) {
    SCOPED_TRACE(seed);
    NodeWorld world(static_cast<std::uint64_t>(seed));
    world.deploy_workflow("return ctx:wait_signal('go')");
    std::string id;
    const auto quiet = [&] {
      const auto row = id.empty() ? std::nullopt : *world.node().reader().named("standing_pauses", id);
      return row && json::parse(*row).at("state") == "quiet";
    };
    world.node().submit(PauseRequest{"begin", "", R"({"workflow":"flow","reason":"r"})", nurse()},
                        [&](const Result<JsonText>& begun) { id = json::parse(*begun).at("id").as_string(); });
    for (int i = 0; i < seed / 10; ++i) world.node().run_one();
    for (const char* each : {"c0", "c1", "c2", "c3"}) {
      world.node().submit(StartRequest{.workflow = "flow", .id = each, .input = "{}", .by = nurse()},
                          [](const Result<JsonText>&) {});
      world.node().run_one();
    }
    const auto next = [&] {
      if (world.node().run_one()) return true;
      const auto due = world.node().next_due();
      if (due) world.clock().set(std::max(*due, world.clock().now()));
      return due.has_value();
    };
    while (!quiet() && next()) {
    }
    EXPECT_TRUE(quiet());
    for (const char* each : {"c0", "c1", "c2", "c3"}) {
      const auto record = world.node().reader().instance(each);
      EXPECT_TRUE(!record->has_value() || (*record)->paused) << each;
    }
  }
}

TEST_F(StandingPauseTest, goes_on_after_a_crash_at_any_step_and_loses_nothing) {
  for (int crash_after = 1; crash_after < 50; crash_after += 4) {
    SCOPED_TRACE(crash_after);
    NodeWorld world(static_cast<std::uint64_t>(crash_after));
    world.deploy_workflow("ctx:sleep('1h') return ctx:wait_signal('go')");
    for (int i = 0; i < 5; ++i) world.start("c" + std::to_string(i));
    const std::string id = begin(world, R"({"workflow":"flow","timers":"freeze","reason":"r"})");
    for (int i = 0; i < crash_after && world.node().run_one(); ++i) {
    }
    world.crash();
    world.open();
    world.start("late");
    world.pass(Duration{3 * kHour.ms});
    for (const char* each : {"c0", "c4", "late"}) EXPECT_TRUE(world.instance(each).paused) << each;
    EXPECT_TRUE(world.signal("c0", "go", "7").ok());
    world.tell(PauseRequest{"end", id, "{}", nurse()});
    for (int i = 0; i < crash_after && world.node().run_one(); ++i) {
    }
    world.crash();
    world.open();
    world.run();
    for (const char* each : {"c0", "c4", "late"}) EXPECT_FALSE(world.instance(each).paused) << each;
    EXPECT_EQ(world.status("c0"), "running");  // The hour was frozen and begins to run again.
    world.pass(Duration{2 * kHour.ms});
    EXPECT_EQ(world.result("c0"), "7");
    world.expect_sound_store();
  }
}

// Whoever looks whether it is quiet must not write "quiet" over an end that is on its way to the disk.
TEST_F(StandingPauseTest, ends_when_it_is_ended_at_any_moment_of_its_beginning) {
  for (int after = 0; after < 120; ++after) {
    SCOPED_TRACE(after);
    NodeWorld world(static_cast<std::uint64_t>(after));
    world.deploy_workflow("return ctx:wait_signal('go')");
    for (const char* each : {"c0", "c1"}) world.start(each);
    const std::string id = begin(world);
    for (int i = 0; i < after && world.node().run_one(); ++i) {
    }
    world.tell(PauseRequest{"end", id, "{}", nurse()});
    world.pass(kMinute);
    EXPECT_EQ(json::parse(**world.node().reader().named("standing_pauses", id)).at("state"), "ended");
    for (const char* each : {"c0", "c1"}) EXPECT_FALSE(world.instance(each).paused) << each;
  }
}

// The end of one lets the other hold its cases; ended meanwhile, that one lets them go as well.
TEST_F(StandingPauseTest, and_another_of_the_same_cases_leave_nothing_held_back_whenever_they_end) {
  for (int after = 0; after < 150; ++after) {
    SCOPED_TRACE(after);
    NodeWorld world(static_cast<std::uint64_t>(after));
    world.deploy_workflow("return ctx:wait_signal('go')");
    for (const char* each : {"c0", "c1", "c2", "c3"}) world.start(each);
    std::vector<std::string> pauses;
    for (int i = 0; i < 2; ++i) {
      pauses.push_back(begin(world));
      world.pass(kMinute);
    }
    world.node().submit(PauseRequest{"end", pauses[0], "{}", nurse()}, [](const Result<JsonText>&) {});
    for (int i = 0; i < after && world.node().run_one(); ++i) {
    }
    world.tell(PauseRequest{"end", pauses[1], "{}", nurse()});
    world.pass(kMinute);
    for (const std::string& id : pauses) {
      EXPECT_EQ(json::parse(**world.node().reader().named("standing_pauses", id)).at("state"), "ended");
    }
    for (const char* each : {"c0", "c1", "c2", "c3"}) EXPECT_FALSE(world.instance(each).paused) << each;
  }
}

TEST_F(StandingPauseTest, lets_all_go_when_it_is_ended_while_it_begins_and_the_server_is_killed) {
  for (int ended_after = 1; ended_after < 6; ++ended_after) {
    for (int killed_after = 2; killed_after < 28; killed_after += 2) {
      SCOPED_TRACE(std::to_string(ended_after) + " " + std::to_string(killed_after));
      NodeWorld world(static_cast<std::uint64_t>(ended_after));
      world.deploy_workflow("return ctx:wait_signal('go')");
      for (const char* each : {"c0", "c1"}) world.start(each);
      const std::string id = begin(world);
      for (int i = 0; i < ended_after && world.node().run_one(); ++i) {
      }
      world.tell(PauseRequest{"end", id, "{}", nurse()});
      for (int i = 0; i < killed_after && world.node().run_one(); ++i) {
      }
      world.crash();
      world.open();
      world.pass(kMinute);
      EXPECT_EQ(json::parse(**world.node().reader().named("standing_pauses", id)).at("state"), "ended");
      for (const char* each : {"c0", "c1"}) EXPECT_FALSE(world.instance(each).paused) << each;
    }
  }
}

TEST_F(StandingPauseTest, lets_go_at_the_start_what_an_ended_one_still_holds) {
  given_cases();
  const std::string id = begin(R"({"unit":"4W","reason":"the ward moves"})");
  world_.run();
  end(id);
  ASSERT_TRUE(world_.send("c0", PauseInstance{"late", nurse(), 0, "run", id}).ok());
  EXPECT_TRUE(paused("c0"));
  world_.crash();
  world_.open();
  world_.pass(kMinute);
  EXPECT_FALSE(paused("c0"));
  EXPECT_EQ(state(id), "ended");
}

// What a caller's Idempotency-Key was answered stands in the turn that did it, so that a crash cannot part them.
TEST_F(StandingPauseTest, and_a_batch_leave_what_was_answered_in_the_turn_that_did_it) {
  given_cases();
  const auto answered = [&](const std::string& key) {
    return world_.node().reader().named("answers", key)->has_value();
  };
  const auto ask = [&](Request request, const std::string& key) {
    world_.node().submit(
        std::move(request), [](const Result<JsonText>&) {},
        [key](const JsonText& answer) {
          return std::vector<Change>{PutNamed{"answers", key, answer}};
        });
    for (int i = 0; i < 10'000 && !answered(key) && world_.node().run_one(); ++i) {
    }
    EXPECT_TRUE(answered(key)) << key;
    world_.crash();
    world_.open();
    EXPECT_TRUE(answered(key)) << key;
  };
  ask(PauseRequest{"begin", "", R"({"workflow":"flow","reason":"r"})", nurse()}, "begin pause");
  const auto pauses = world_.node().reader().named_all("standing_pauses");
  ASSERT_EQ(pauses->size(), 1u);
  ask(PauseRequest{"end", pauses->front().first, "{}", nurse()}, "end pause");
  world_.run();
  const auto preview = json::parse(
      world_.tell(BatchRequest{"preview", "", R"({"action":"cancel","query":{"workflow":"flow"}})", nurse()}));
  const std::string token(preview.at("token").as_string());
  ask(BatchRequest{"begin", "", R"({"token":")" + token + R"(","reason":"r","rate":1})", nurse()}, "begin batch");
}

TEST_F(StandingPauseTest, refuses_to_be_about_nothing_or_without_a_reason) {
  const auto refused = [&](const std::string& body) {
    const auto answer = world_.ask(PauseRequest{"begin", "", body, nurse()});
    return answer.ok() ? std::string() : answer.error().detail;
  };
  EXPECT_THAT(refused(R"({"reason":"r"})"), HasSubstr("workflow"));
  EXPECT_THAT(refused(R"({"unit":"4W"})"), HasSubstr("reason"));
  EXPECT_THAT(refused(R"({"unit":"4W","reason":"r","timers":"later"})"), HasSubstr("timers"));
}

}  // namespace
}  // namespace baton::testing
