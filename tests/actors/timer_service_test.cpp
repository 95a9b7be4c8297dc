// The service that reads due timers, on a store whose turns the test commits itself.
#include "actors/timer_service.hpp"

#include "tests/support/store_world.hpp"

namespace baton::test {
namespace {

constexpr Instant kNow{1'763'640'000'000};

TimerRecord timer(const std::string& instance, Instant due) {
  TimerRecord record;
  record.due = due;
  record.instance = instance;
  record.seq = 1;
  record.purpose = TimerPurpose::operation_due;
  return record;
}

TEST(TimerService, a_timer_that_is_committed_between_the_reads_of_one_look_is_sent_by_that_look) {
  StoreWorld world;
  const ManualClock clock(kNow);
  const StoreReader reader = world.reader();
  world.commit(PutTimer{timer("a", Instant{kNow.ms - 2})});
  std::vector<std::string> fired;
  TimerPorts ports{clock, reader,
                   [&](const TimerRecord& due) {
                     fired.push_back(due.instance);
                     // The read of what is due is over; the read of what comes next is not.
                     if (due.instance == "a") world.commit(PutTimer{timer("b", Instant{kNow.ms - 1})});
                   },
                   [](Duration) {}};
  TimerService service(std::move(ports), TimerService::Mode::stepped);
  EXPECT_EQ(service.run_due(), 2u);
  // The turn that armed it reports after the look: too late to be of any use.
  service.armed(Instant{kNow.ms - 1});
  EXPECT_EQ(fired, (std::vector<std::string>{"a", "b"}));
}

TEST(TimerService, a_timer_that_is_still_stored_after_its_turn_is_sent_again_after_a_while) {
  StoreWorld world;
  ManualClock clock(kNow);
  const StoreReader reader = world.reader();
  const TimerRecord due = timer("a", kNow);
  world.commit(PutTimer{due});
  std::size_t fired = 0;
  TimerService service({clock, reader, [&](const TimerRecord&) { ++fired; }, [](Duration) {}},
                       TimerService::Mode::stepped);
  EXPECT_EQ(service.run_due(), 1u);
  service.settle(due);
  EXPECT_EQ(service.run_due(), 0u);
  clock.set(kNow + kMinute);
  EXPECT_EQ(service.run_due(), 1u);
  world.commit(DeleteTimer{due});
  service.settle(due);
  clock.set(kNow + kHour);
  EXPECT_EQ(service.run_due(), 0u);
  EXPECT_EQ(fired, 2u);
}

}  // namespace
}  // namespace baton::test
