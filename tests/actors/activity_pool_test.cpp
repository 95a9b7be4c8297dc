// What the pool of activity workers promises to those who give it orders.
#include "actors/activity_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

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
  std::atomic<int> read = 0;
  std::promise<void> reading;
  std::promise<int> begun;
  ActivityPorts ports{*clock, programs, alarms};
  ports.finish = [](const std::string&, FinishActivity, bool) {};
  // A store of many cases that wait for no activity. A slice takes longer than it takes to wake a thread.
  ports.owed = [&](const std::string&, std::size_t) -> Result<Page<PendingRecord>> {
    if (++read == 1) reading.set_value();
    for (int i = 0; i < 500; ++i) std::this_thread::yield();
    return Page<PendingRecord>{{}, read == kSlices ? "" : "more"};
  };
  ports.stand_in = [&](const PendingRecord&) {
    begun.set_value(read);
    return ActivityEnded{Outcome::of("1")};
  };
  ActivityPool pool(std::move(ports), 1);
  pool.recover();
  reading.get_future().wait();
  pool.take({DispatchActivity{attempt_of("new")}});
  EXPECT_LT(begun.get_future().get(), kSlices);
}

}  // namespace
}  // namespace baton
