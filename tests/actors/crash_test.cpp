// One story told many times: with a crash after every commit, and with the actors run in many orders. It has to end the
// same, and each thing in it has to have happened once.
#include <algorithm>
#include <vector>

#include "tests/support/node_world.hpp"

namespace baton::testing {
namespace {

constexpr const char* kFlows = R"lua(
local workflow = require "workflow"
return workflow.define {
  name = "flow",
  on = { event = "encounter.admitted", key = "encounter" },
  run = function(ctx, input)
    local first = ctx:activity("work.double", { n = 21 })
    local lists = ctx:all {
      a = function(s) return s:activity("work.double", { n = 1 }) end,
      b = function(s) s:sleep("90m") return "slept" end,
    }
    local told = ctx:wait_signal("go")
    local child = ctx:child("helper", { n = told.n })
    local left = ctx:wait_event("encounter.discharged", { timeout = "3d" })
    return { first = first, a = lists.a, b = lists.b, told = told.n, child = child, left = left ~= nil }
  end,
}
)lua";
constexpr const char* kHelper = R"lua(
local workflow = require "workflow"
return workflow.define { name = "helper", run = function(ctx, input)
  ctx:sleep("5m")
  return ctx:activity("work.double", { n = input.n })
end }
)lua";

std::string event(const std::string& id, const std::string& type) {
  return R"({"source":"ehr","id":")" + id + R"(","type":")" + type +
         R"(","patient":{"identifiers":[{"system":"H","value":"p1","type":"MR"}]},"encounter":"e1","occurred_at":)" +
         R"("2025-11-20T12:00:00Z"})";
}

struct Ending {
  std::string status;
  JsonText result;
  std::map<std::string, int> entries;
  std::vector<std::string> instances;
  std::size_t timeline = 0;
  std::size_t outbox = 0;
  std::size_t pending = 0;
  std::size_t open_of_patient = 0;
  bool operator==(const Ending&) const = default;
};

class Story {
 public:
  // Crashes once, after so many commits; 0: never.
  Story(std::uint64_t seed, std::uint64_t crash_after) : world_(seed), crash_after_(crash_after) {}

  Ending tell() {
    BundleFiles files;
    files["workflows/flow.lua"] = kFlows;
    files["workflows/helper.lua"] = kHelper;
    files["activities/work.lua"] = "return { double = function(input) return input.n * 2 end }";
    DeployRequest deploy;
    deploy.name = "test";
    deploy.files = files;
    ask(deploy);
    accept(event("m1", "encounter.admitted"));
    drain();
    const std::string id = only_flow();
    pass(Duration{2 * 60 * 60 * 1000});
    SendSignal signal;
    signal.name = "go";
    signal.payload = R"({"n":5})";
    signal.message_id = "s1";
    ask(InstanceRequest{id, signal});
    drain();
    pass(kHour);
    accept(event("m2", "encounter.discharged"));
    drain();
    pass(Duration{4 * kDay.ms});
    return ending(id);
  }

  [[nodiscard]] std::uint64_t commits() { return committed_ + world_.node().metrics().rounds; }

 private:
  // True once a crash came between two steps: what the caller has asked for may be lost.
  bool crashed() {
    if (crash_after_ == 0 || commits() < crash_after_) return false;
    crash_after_ = 0;
    committed_ = 0;
    world_.crash();
    world_.open();
    return true;
  }
  void ask(Request request) {
    while (true) {
      auto answer = std::make_shared<std::optional<Result<JsonText>>>();
      world_.node().submit(request, [answer](Result<JsonText> given) { *answer = std::move(given); });
      bool again = false;
      while (!*answer && !again) {
        again = crashed();
        if (!again && !world_.node().run_one()) break;
      }
      if (again) continue;
      ASSERT_TRUE(answer->has_value());
      ASSERT_TRUE((*answer)->ok()) << to_string((*answer)->error());
      return;
    }
  }
  void accept(const std::string& raw) {
    AcceptRequest request;
    request.format = "json";
    request.raw = raw;
    ask(request);
  }
  void drain() {
    do {
      (void)crashed();
    } while (world_.node().run_one());
  }
  void pass(Duration time) {
    const Instant until = world_.clock().now() + time;
    drain();
    while (true) {
      const auto next = world_.node().next_due();
      if (!next || *next > until) break;
      world_.clock().set(std::max(*next, world_.clock().now()));
      drain();
    }
    world_.clock().set(until);
    drain();
  }
  std::string only_flow() {
    InstanceFilter filter;
    filter.workflow = "flow";
    auto page = world_.node().reader().list_instances(filter, {}, 10);
    EXPECT_TRUE(page.ok());
    EXPECT_EQ(page->items.size(), 1u);
    return page->items.empty() ? "" : page->items.front().id;
  }
  Ending ending(const std::string& id) {
    Ending end;
    const StoreReader& reader = world_.node().reader();
    end.status = world_.status(id);
    end.result = world_.result(id);
    end.entries = world_.entries(id);
    auto all = reader.all_instances({}, 100);
    for (const InstanceRecord& record : all->items) {
      end.instances.push_back(record.id + " " + std::string(to_string(record.status)) + " " + record.outcome.value);
      for (const auto& [name, count] : world_.entries(record.id)) end.entries[record.workflow + "." + name] = count;
    }
    const std::string patient = world_.instance(id).patient;
    end.timeline = reader.timeline(patient, {}, 100)->items.size();
    end.outbox = reader.outbox({}, 100)->items.size();
    end.pending = reader.all_pending({}, 100)->items.size();
    end.open_of_patient = (**reader.patient(patient)).open_instances.size();
    return end;
  }

  NodeWorld world_;
  std::uint64_t crash_after_;
  std::uint64_t committed_ = 0;
};

std::string describe(const Ending& end) {
  std::string text = end.status + " " + end.result + " timeline " + std::to_string(end.timeline) + " outbox " +
                     std::to_string(end.outbox) + " pending " + std::to_string(end.pending) + " open " +
                     std::to_string(end.open_of_patient) + "\n";
  for (const std::string& instance : end.instances) text += instance + "\n";
  for (const auto& [name, count] : end.entries) text += name + " " + std::to_string(count) + "\n";
  return text;
}

TEST(Crash, the_story_ends_well_without_one) {
  const Ending end = Story(1, 0).tell();
  EXPECT_EQ(end.status, "completed");
  EXPECT_EQ(end.result, R"({"a":2,"b":"slept","child":10,"first":42,"left":true,"told":5})");
  EXPECT_EQ(end.outbox, 0u);
  EXPECT_EQ(end.pending, 0u);
  EXPECT_EQ(end.open_of_patient, 0u);
  EXPECT_EQ(end.timeline, 2u);
}

TEST(Crash, after_any_commit_the_story_ends_the_same) {
  const Ending expected = Story(1, 0).tell();
  Story counting(1, 0);
  (void)counting.tell();
  const std::uint64_t commits = counting.commits();
  ASSERT_GT(commits, 15u);
  for (std::uint64_t after = 1; after <= commits; ++after) {
    const Ending end = Story(1, after).tell();
    ASSERT_EQ(end, expected) << "crash after commit " << after << "\n"
                             << describe(end) << "expected\n"
                             << describe(expected);
  }
}

TEST(Seeds, two_hundred_orders_of_the_actors_end_in_the_same_state) {
  const Ending expected = Story(1, 0).tell();
  for (std::uint64_t seed = 2; seed <= 201; ++seed) {
    const Ending end = Story(seed, 0).tell();
    ASSERT_EQ(end, expected) << "seed " << seed << "\n" << describe(end) << "expected\n" << describe(expected);
  }
}

TEST(Seeds, a_crash_somewhere_in_another_order_ends_in_the_same_state) {
  const Ending expected = Story(1, 0).tell();
  for (std::uint64_t seed = 2; seed <= 60; ++seed) {
    const Ending end = Story(seed, seed % 25 + 1).tell();
    ASSERT_EQ(end, expected) << "seed " << seed << "\n" << describe(end) << "expected\n" << describe(expected);
  }
}

}  // namespace
}  // namespace baton::testing
