// The same node with its threads: what one thread cannot show.
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <future>
#include <thread>
#include <vector>

#include "actors/actor_runtime.hpp"
#include "actors/lanes.hpp"
#include "tests/support/comes_true.hpp"
#include "tests/support/node_world.hpp"

namespace baton::testing {
namespace {

class ThreadedNode : public ::testing::Test {
 protected:
  ThreadedNode() {
    world_.options().stepped = false;
    world_.options().clock = nullptr;
  }
  // Waits for the answers of `count` requests, made by `make`.
  template <typename Make>
  std::size_t ask_many(int count, Make make) {
    std::atomic<int> left{count};
    std::atomic<std::size_t> good{0};
    std::promise<void> done;
    for (int i = 0; i < count; ++i) {
      world_.node().submit(make(i), [&](const Result<JsonText>& answer) {
        good += answer.ok();
        if (--left == 0) done.set_value();
      });
    }
    done.get_future().wait();
    return good;
  }
  void wait_until_completed(const std::string& id) { wait_until(id, "completed"); }
  void wait_until(const std::string& id, std::string_view status) {
    // Every change of the instance is told; the store is asked again at each.
    std::mutex mutex;
    std::condition_variable changed;
    std::uint64_t changes = 0;
    const std::size_t view = world_.node().subscribe([&](const Notify&) {
      const std::lock_guard lock(mutex);
      ++changes;
      changed.notify_all();
    });
    std::unique_lock lock(mutex);
    while (world_.status(id) != status) {
      const std::uint64_t seen = changes;
      ASSERT_TRUE(changed.wait_for(lock, std::chrono::minutes(1), [&] { return changes != seen; }));
    }
    lock.unlock();
    world_.node().unsubscribe(view);
  }
  NodeWorld world_;
};

TEST_F(ThreadedNode, completes_instances_that_are_started_at_once_and_stops_without_hanging) {
  world_.deploy_workflow("for i = 1, 3 do ctx:activity('work.add', { a = i, b = i }) end return input.n",
                         "add = function(input) return input.a + input.b end,");
  const std::size_t good = ask_many(200, [](int i) {
    StartRequest request;
    request.workflow = "flow";
    request.id = "i" + std::to_string(i);
    request.input = "{\"n\":" + std::to_string(i) + "}";
    return request;
  });
  EXPECT_EQ(good, 200u);
  for (int i = 0; i < 200; ++i) wait_until_completed("i" + std::to_string(i));
  world_.crash();
}

TEST_F(ThreadedNode, who_reads_because_of_an_answer_that_came_early_sees_the_turn) {
  world_.deploy_workflow("return ctx:activity('work.add', { a = 1, b = 1 })",
                         "add = function(input) return input.a + input.b end,");
  for (int i = 0; i < 50; ++i) {
    StartRequest request;
    request.workflow = "flow";
    request.id = "i" + std::to_string(i);
    std::promise<std::future<bool>> answered;
    world_.node().submit(
        request,
        [&](const Result<JsonText>& answer) {
          EXPECT_TRUE(answer.ok());
          answered.set_value(std::async(std::launch::async, [&] {
            const auto found = world_.node().reader().instance(request.id);
            return found.ok() && found->has_value();
          }));
        },
        {}, Reached::durable);
    EXPECT_TRUE(answered.get_future().get().get()) << i;
    wait_until_completed(request.id);
  }
}

TEST_F(ThreadedNode, hands_each_message_over_once_and_in_order_however_few_may_be_under_way) {
  world_.options().messages_under_way = 24;
  world_.deploy_workflow(R"lua(
    if input.children then
      for i = 1, input.children do
        local child = ctx.instance .. "-" .. i
        ctx:child("flow", {}, { id = child, detach = true })
        for n = 1, 6 do ctx:signal(child, "word", { n = n }) end
        ctx:signal("z-counter", "one")
        if i % 5 == 0 then ctx:activity("work.rest") end
      end
      return "told"
    end
    if input.counted then
      ctx:set("counted", input.counted)
      ctx:wait_signal("one")
      ctx:continue_as_new({ counted = input.counted + 1 })
    end
    local heard = ""
    for _ = 1, 6 do heard = heard .. ctx:wait_signal("word").n end
    return heard
  )lua",
                         "rest = function() end", R"(search = { counted = "number" },)");
  world_.start("z-counter", R"({"counted":0})");
  ask_many(8, [](int i) {
    StartRequest parent;
    parent.workflow = "flow";
    parent.id = "p" + std::to_string(i);
    parent.input = R"({"children":100})";
    return parent;
  });
  ASSERT_TRUE(test::comes_true([this] { return world_.node().idle(); }));
  for (int parent = 0; parent < 8; ++parent) {
    for (int i = 1; i <= 100; ++i) {
      const std::string child = "p" + std::to_string(parent) + "-" + std::to_string(i);
      ASSERT_EQ(world_.result(child), R"("123456")") << child;
    }
  }
  const auto counter = world_.node().reader().instance("z-counter");
  ASSERT_TRUE(counter.ok() && *counter);
  EXPECT_EQ((*counter)->attributes.at("counted"), "800");
}

TEST_F(ThreadedNode, stops_while_work_is_under_way_and_finishes_it_when_it_is_opened_again) {
  world_.deploy_workflow("for i = 1, 20 do ctx:activity('work.add', { a = i, b = i }) end return 1",
                         "add = function(input) return input.a + input.b end,");
  const std::size_t good = ask_many(50, [](int i) {
    StartRequest request;
    request.workflow = "flow";
    request.id = "i" + std::to_string(i);
    return request;
  });
  EXPECT_EQ(good, 50u);
  world_.crash();
  for (int i = 0; i < 50; ++i) wait_until_completed("i" + std::to_string(i));
}

// Each stack has a page below it that nobody may touch, and nothing else has one alone.
std::size_t stacks_of_threads() {
  std::ifstream maps("/proc/self/maps");
  std::size_t stacks = 0;
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0, end = 0;
    char rights[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, rights) != 3) continue;
    const bool page = end - begin == static_cast<unsigned long>(::sysconf(_SC_PAGESIZE));
    stacks += page && std::string_view(rights) == "---p";
  }
  return stacks;
}

// A thread that has ended and that nobody has joined keeps its stack; of those that were joined, the C library keeps a few.
TEST_F(ThreadedNode, keeps_no_thread_of_a_renewal_of_the_keys) {
  RotateKeys renew;
  renew.by = nurse();
  renew.reason = "a year has passed";
  EXPECT_TRUE(world_.node().submit_and_wait(renew).ok());
  const std::size_t before = stacks_of_threads();
  EXPECT_GT(before, 0U);
  for (int i = 0; i < 40; ++i) EXPECT_TRUE(world_.node().submit_and_wait(renew).ok());
  EXPECT_LT(stacks_of_threads(), before + 20);
}

TEST_F(ThreadedNode, fires_a_timer_by_the_systems_clock) {
  world_.deploy_workflow("ctx:sleep('50ms') return 1");
  world_.start("one");
  wait_until_completed("one");
}

// Its worker is the only one: what else there is to do gets its turn between two of its signs of life.
TEST_F(ThreadedNode, an_activity_that_reports_for_ever_keeps_nobody_out_and_hears_its_time_out_its_cancel_and_the_end) {
  world_.options().worker_threads = 1;
  world_.deploy_workflow(
      R"lua(
        local ok, failure = pcall(function()
          return ctx:activity("work." .. input.what, {}, { timeout = input.timeout, retry = "none", on_exhausted = "raise" })
        end)
        if not ok and failure.code == "cancelled" then error(failure, 0) end
        return ok or failure.code
      )lua",
      R"lua(
        reports = function(input, activity) while true do activity:heartbeat { at = 1 } end end,
        nothing = function() return 1 end,
      )lua");
  world_.start("endless", R"({"what":"reports","timeout":"1h"})");
  world_.start("other", R"({"what":"nothing"})");
  wait_until("other", "completed");
  EXPECT_TRUE(world_.send("endless", CancelInstance{"sent twice", nurse(), 0}).ok());
  wait_until("endless", "cancelled");
  world_.start("short", R"({"what":"reports","timeout":"100ms"})");
  wait_until("short", "completed");
  EXPECT_EQ(world_.result("short"), R"("timeout")");
  world_.start("last", R"({"what":"reports","timeout":"1h"})");
  world_.start("after", R"({"what":"nothing"})");
  wait_until("after", "completed");
  world_.crash();
}

// What goes through the store slice by slice posts its next slice to its own lane.
TEST(ThreadOfActors, lets_others_run_between_two_slices_of_a_work_without_end) {
  ActorRuntime runtime(false, 1);
  Lanes lanes(runtime.system());
  std::promise<void> others_ran;
  std::atomic<bool> over{false};
  const std::function<void()> slice = [&] {
    if (!over) lanes.post("slices", slice);
  };
  lanes.post("slices", slice);
  lanes.post("others", [&] { others_ran.set_value(); });
  EXPECT_EQ(others_ran.get_future().wait_for(std::chrono::minutes(1)), std::future_status::ready);
  over = true;
  lanes.stop();
  runtime.await_all_done();
}

// From a turn to an activity, back, and to the next: at no moment does the node look idle before the last of them.
TEST_F(ThreadedNode, is_idle_only_when_nothing_is_on_its_way) {
  world_.deploy_workflow("for i = 1, 5 do ctx:activity('work.nothing', {}) end return 1",
                         "nothing = function() return 1 end,");
  for (int i = 0; i < 300; ++i) {
    const std::string id = "i" + std::to_string(i);
    world_.start(id);
    while (!world_.node().idle()) std::this_thread::yield();
    ASSERT_EQ(world_.status(id), "completed") << i;
  }
}

}  // namespace
}  // namespace baton::testing
