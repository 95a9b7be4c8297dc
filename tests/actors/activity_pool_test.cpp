// What the pool of activity workers promises to those who give it orders.
#include "actors/activity_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

namespace baton {
namespace {

PendingRecord attempt_of(const std::string& instance) {
  PendingRecord pending;
  pending.instance = instance;
  pending.operation.seq = 1;
  pending.operation.kind = OperationKind::activity;
  pending.attempt = 1;
  return pending;
}

struct NoPrograms : ProgramSource {
  [[nodiscard]] std::shared_ptr<const Program> find(std::string_view) const override { return nullptr; }
};

TEST(ActivityPool, takes_an_order_between_two_slices_of_what_the_store_owes) {
  constexpr int kSlices = 2'000;
  const auto clock = std::make_shared<ManualClock>(Instant{});
  const NoPrograms programs;
  Alarms alarms(clock);
  std::atomic<bool> ordered = false;
  bool began_to_read = false;  // This and what is left: of the one worker alone.
  int left = kSlices;
  std::promise<void> reading;
  std::promise<int> begun;
  ActivityPorts ports{*clock, programs, alarms};
  ports.finish = [](const std::string&, FinishActivity, bool) {};
  // A store of cases that wait for no activity, with many more of them from the moment of the order on, however late that is. A
  // slice takes longer than it takes to wake a thread.
  ports.owed = [&](const std::string&, std::size_t) -> Result<Page<PendingRecord>> {
    if (!std::exchange(began_to_read, true)) reading.set_value();
    if (ordered) --left;
    for (int i = 0; i < 500; ++i) std::this_thread::yield();
    return Page<PendingRecord>{{}, left == 0 ? "" : "more"};
  };
  ports.stand_in = [&](const PendingRecord&) {
    begun.set_value(left);
    return ActivityEnded{Outcome::of("1")};
  };
  ActivityPool pool(std::move(ports), 1);
  pool.recover();
  reading.get_future().wait();
  ordered = true;
  pool.take({DispatchActivity{attempt_of("new")}});
  EXPECT_GT(begun.get_future().get(), 0);
}

TEST(ActivityPool, reads_what_the_store_owes_again_after_a_read_that_failed) {
  const auto clock = std::make_shared<ManualClock>(Instant{});
  const NoPrograms programs;
  Alarms alarms(clock);
  bool readable = false;
  ActivityPorts ports{*clock, programs, alarms};
  ports.finish = [](const std::string&, FinishActivity, bool) {};
  ports.owed = [&](const std::string&, std::size_t) -> Result<Page<PendingRecord>> {
    if (!readable) return Error{ErrorCode::io_failed, "the disk is away", "bring it back"};
    return Page<PendingRecord>{{attempt_of("owed")}, ""};
  };
  ports.stand_in = [](const PendingRecord&) { return ActivityEnded{Outcome::of("1")}; };
  ActivityPool pool(std::move(ports), 0);
  pool.recover();
  EXPECT_FALSE(pool.run_one(0));
  readable = true;
  clock->set(Instant{} + kMinute);
  alarms.run_due();
  EXPECT_TRUE(pool.run_one(0));
}

TEST(ActivityPool, an_urgent_order_does_not_wait_for_a_thread_that_reads_what_the_store_owes) {
  const auto clock = std::make_shared<ManualClock>(Instant{});
  const NoPrograms programs;
  Alarms alarms(clock);
  std::promise<void> reading;
  std::promise<void> read_on;
  std::promise<std::string> begun;
  ActivityPorts ports{*clock, programs, alarms};
  ports.finish = [](const std::string&, FinishActivity, bool) {};
  ports.owed = [&](const std::string&, std::size_t) -> Result<Page<PendingRecord>> {
    reading.set_value();
    read_on.get_future().wait();
    return Page<PendingRecord>{};
  };
  ports.stand_in = [&](const PendingRecord& pending) {
    begun.set_value(pending.instance);
    return ActivityEnded{Outcome::of("1")};
  };
  ActivityPool pool(std::move(ports), 1);
  pool.recover();
  reading.get_future().wait();
  std::vector<ActivityOrder> orders{DispatchActivity{attempt_of("urgent")}};
  EXPECT_FALSE(pool.try_take(orders));
  read_on.set_value();
  pool.take(std::move(orders));
  EXPECT_EQ(begun.get_future().get(), "urgent");
}

// A pool of one worker whose attempts end at once.
struct Ready {
  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>(Instant{});
  NoPrograms programs;
  Alarms alarms{clock};
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> ended;
  ActivityPool pool{ports(), 1};

  ActivityPorts ports() {
    ActivityPorts ports{*clock, programs, alarms};
    ports.finish = [this](const std::string& instance, FinishActivity, bool) {
      const std::lock_guard lock(mutex);
      ended.push_back(instance);
      changed.notify_all();
    };
    ports.stand_in = [](const PendingRecord&) { return ActivityEnded{Outcome::of("1")}; };
    return ports;
  }
  std::vector<std::string> wait_for(std::size_t count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return ended.size() >= count; });
    return ended;
  }
};

TEST(ActivityPool, takes_the_order_that_it_was_told_of_and_those_that_come_unannounced) {
  Ready ready;
  ready.pool.get_ready();
  ready.pool.take({DispatchActivity{attempt_of("announced")}});
  EXPECT_EQ(ready.wait_for(1), std::vector<std::string>{"announced"});
  ready.pool.take({DispatchActivity{attempt_of("unannounced")}});
  EXPECT_EQ(ready.wait_for(2), (std::vector<std::string>{"announced", "unannounced"}));
  std::vector<ActivityOrder> orders{DispatchActivity{attempt_of("urgent")}};
  while (!ready.pool.try_take(orders)) std::this_thread::yield();
  EXPECT_EQ(ready.wait_for(3).back(), "urgent");
}

TEST(ActivityPool, an_order_that_was_announced_and_never_came_keeps_nobody_from_the_next_or_from_the_end) {
  Ready ready;
  for (int i = 0; i < 100; ++i) ready.pool.get_ready();
  ready.pool.take({DispatchActivity{attempt_of("next")}});
  EXPECT_EQ(ready.wait_for(1), std::vector<std::string>{"next"});
  ready.pool.get_ready();
  ready.pool.stop();
}

}  // namespace
}  // namespace baton
