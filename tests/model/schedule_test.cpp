#include "runtime/model/schedule.hpp"

#include <gtest/gtest.h>

#include <set>

namespace baton {
namespace {

using Times = std::vector<std::string>;

ScheduleSpec spec(std::string_view json) {
  auto parsed = parse_schedule(json);
  if (!parsed.ok()) ADD_FAILURE() << json << " " << to_string(parsed.error());
  return *parsed;
}

// Times of one day, 2026-11-20 UTC, as "07:30".
Instant at(std::string_view time) { return *parse_instant("2026-11-20T" + std::string(time) + ":00Z"); }
std::string text(Instant instant) { return format_instant(instant).substr(11, 5); }
Times texts(const std::vector<Instant>& instants) {
  Times all;
  for (const Instant instant : instants) all.push_back(text(instant));
  return all;
}
// "overlap 07:30-08:00 x3"
Times texts(const std::vector<SkippedRuns>& skipped) {
  Times all;
  for (const SkippedRuns& runs : skipped) {
    all.push_back(std::string(name_of(runs.reason)) + " " + text(runs.first) + "-" + text(runs.last) + " x" +
                  std::to_string(runs.count));
  }
  return all;
}

DueRuns ask(const ScheduleSpec& schedule, std::string_view last, std::string_view now, std::uint32_t running = 0) {
  return due_runs(schedule, {at(last), std::nullopt}, at(now), running, 1);
}

TEST(Schedule, starts_a_run_when_its_time_has_come_and_says_when_the_next_comes) {
  const ScheduleSpec schedule = spec(R"({"cron":"*/30 * * * *","time_zone":"UTC"})");
  const DueRuns early = ask(schedule, "07:00", "07:29");
  EXPECT_TRUE(early.start.empty());
  EXPECT_EQ(early.wake, at("07:30"));
  EXPECT_EQ(early.state.last, at("07:00"));
  const DueRuns due = ask(schedule, "07:00", "07:30");
  EXPECT_EQ(texts(due.start), (Times{"07:30"}));
  EXPECT_EQ(due.state.last, at("07:30"));
  EXPECT_EQ(due.wake, at("08:00"));
  EXPECT_FALSE(due.cancel_running);
}

TEST(Schedule, asking_twice_with_the_new_state_starts_nothing_twice) {
  const ScheduleSpec schedule = spec(R"({"every":"10m","overlap":"allow_all"})");
  const DueRuns first = ask(schedule, "07:00", "07:25");
  EXPECT_EQ(texts(first.start), (Times{"07:10", "07:20"}));
  EXPECT_TRUE(due_runs(schedule, first.state, at("07:25"), 2, 1).start.empty());
}

TEST(Schedule, skip_passes_over_what_comes_while_a_run_is_open) {
  const ScheduleSpec schedule = spec(R"({"every":"10m"})");
  EXPECT_EQ(texts(ask(schedule, "07:00", "07:10", 1).skipped), (Times{"overlap 07:10-07:10 x1"}));
  const DueRuns due = ask(schedule, "07:00", "07:35");
  EXPECT_EQ(texts(due.start), (Times{"07:10"}));
  EXPECT_EQ(texts(due.skipped), (Times{"overlap 07:20-07:30 x2"}));
}

TEST(Schedule, buffer_one_keeps_one_time_until_the_run_ends) {
  const ScheduleSpec schedule = spec(R"({"every":"10m","overlap":"buffer_one"})");
  const DueRuns busy = ask(schedule, "07:00", "07:35", 1);
  EXPECT_TRUE(busy.start.empty());
  EXPECT_EQ(busy.state.buffered, at("07:10"));
  EXPECT_EQ(texts(busy.skipped), (Times{"overlap 07:20-07:30 x2"}));
  const DueRuns still_busy = due_runs(schedule, busy.state, at("07:36"), 1, 1);
  EXPECT_TRUE(still_busy.start.empty());
  EXPECT_EQ(still_busy.state.buffered, at("07:10"));
  const DueRuns free = due_runs(schedule, busy.state, at("07:37"), 0, 1);
  EXPECT_EQ(texts(free.start), (Times{"07:10"}));
  EXPECT_FALSE(free.state.buffered);
  const DueRuns free_late = due_runs(schedule, busy.state, at("07:41"), 0, 1);
  EXPECT_EQ(texts(free_late.start), (Times{"07:10"}));
  EXPECT_EQ(free_late.state.buffered, at("07:40"));
}

TEST(Schedule, allow_all_starts_every_time) {
  const ScheduleSpec schedule = spec(R"({"every":"10m","overlap":"allow_all"})");
  EXPECT_EQ(texts(ask(schedule, "07:00", "07:35", 5).start), (Times{"07:10", "07:20", "07:30"}));
}

TEST(Schedule, cancel_other_starts_only_the_newest_time_in_place_of_the_open_run) {
  const ScheduleSpec schedule = spec(R"({"every":"10m","overlap":"cancel_other"})");
  const DueRuns due = ask(schedule, "07:00", "07:35", 1);
  EXPECT_EQ(texts(due.start), (Times{"07:30"}));
  EXPECT_EQ(texts(due.skipped), (Times{"overlap 07:10-07:20 x2"}));
  EXPECT_TRUE(due.cancel_running);
  EXPECT_FALSE(ask(schedule, "07:00", "07:35", 0).cancel_running);
  EXPECT_FALSE(ask(schedule, "07:00", "07:05", 1).cancel_running);
}

TEST(Schedule, a_time_older_than_the_catch_up_window_is_missed_and_the_rest_is_made_up_for) {
  const ScheduleSpec schedule = spec(R"({"every":"10m","overlap":"allow_all","catch_up":"25m"})");
  const DueRuns due = ask(schedule, "06:00", "08:05");
  EXPECT_EQ(texts(due.skipped), (Times{"missed 06:10-07:30 x9"}));
  EXPECT_EQ(texts(due.start), (Times{"07:40", "07:50", "08:00"}));
}

TEST(Schedule, a_paused_schedule_passes_over_its_times_and_goes_on_when_resumed) {
  ScheduleSpec schedule = spec(R"({"every":"10m","paused":true})");
  const DueRuns paused = ask(schedule, "07:00", "07:35");
  EXPECT_TRUE(paused.start.empty());
  EXPECT_EQ(texts(paused.skipped), (Times{"paused 07:10-07:30 x3"}));
  EXPECT_EQ(paused.wake, at("07:40"));
  schedule.paused = false;
  EXPECT_EQ(texts(due_runs(schedule, paused.state, at("07:40"), 0, 1).start), (Times{"07:40"}));
}

TEST(Schedule, a_paused_schedule_keeps_what_it_had_buffered) {
  ScheduleSpec schedule = spec(R"({"every":"10m","overlap":"buffer_one","paused":true})");
  const ScheduleState state{at("07:10"), at("07:10")};
  EXPECT_TRUE(due_runs(schedule, state, at("07:15"), 0, 1).start.empty());
  schedule.paused = false;
  EXPECT_EQ(texts(due_runs(schedule, state, at("07:15"), 0, 1).start), (Times{"07:10"}));
}

TEST(Schedule, every_counts_from_midnight_of_utc_and_its_offset) {
  EXPECT_EQ(text(*next_nominal(spec(R"({"every":"15m","offset":"5m"})"), at("07:05"))), "07:20");
  EXPECT_EQ(next_nominal(spec(R"({"every":"1d"})"), {-1}), Instant{0});
  EXPECT_EQ(next_nominal(spec(R"({"every":"1d"})"), {0}), Instant{kDay.ms});
  EXPECT_EQ(next_nominal(spec(R"({"every":"1d"})"), {-kDay.ms - 1}), Instant{-kDay.ms});
}

TEST(Schedule, cron_keeps_local_time_over_the_change_of_the_clock) {
  const ScheduleSpec schedule = spec(R"({"cron":"30 7 * * *","time_zone":"America/New_York"})");
  EXPECT_EQ(format_instant(*next_nominal(schedule, *parse_instant("2026-03-07T13:00:00Z"))),
            "2026-03-08T11:30:00.000Z");
  EXPECT_EQ(format_instant(*next_nominal(schedule, *parse_instant("2026-10-31T13:00:00Z"))),
            "2026-11-01T12:30:00.000Z");
}

TEST(Schedule, has_no_times_outside_from_and_until) {
  const ScheduleSpec schedule =
      spec(R"({"every":"10m","from":"2026-11-20T07:10:00Z","until":"2026-11-20T07:20:00Z","overlap":"allow_all"})");
  const DueRuns due = ask(schedule, "06:00", "07:40");
  EXPECT_EQ(texts(due.start), (Times{"07:10", "07:20"}));
  EXPECT_FALSE(due.wake);
  EXPECT_EQ(ask(schedule, "06:00", "06:01").wake, at("07:10"));
}

TEST(Schedule, a_date_that_never_comes_never_wakes) {
  EXPECT_FALSE(ask(spec(R"({"cron":"0 0 30 2 *","time_zone":"UTC"})"), "06:00", "07:00").wake);
}

TEST(Schedule, jitter_delays_each_start_by_its_own_part_without_changing_the_nominal_time) {
  const ScheduleSpec schedule = spec(R"({"every":"10m","jitter":"5m"})");
  std::set<std::int64_t> delays;
  ScheduleState state{at("07:00"), std::nullopt};
  for (int i = 1; i <= 50; ++i) {
    const Instant nominal = at("07:00") + Duration{i * 10 * kMinute.ms};
    const DueRuns waiting = due_runs(schedule, state, nominal - Duration{1}, 0, 7);
    ASSERT_TRUE(waiting.wake);
    delays.insert((*waiting.wake - nominal).ms);
    EXPECT_TRUE(due_runs(schedule, state, *waiting.wake - Duration{1}, 0, 7).start.empty());
    const DueRuns due = due_runs(schedule, state, *waiting.wake, 0, 7);
    ASSERT_EQ(due.start, std::vector<Instant>{nominal});
    state = due.state;
  }
  EXPECT_GE(*delays.begin(), 0);
  EXPECT_LE(*delays.rbegin(), 5 * kMinute.ms);
  EXPECT_GT(delays.size(), 45u);
}

TEST(Schedule, a_jitter_longer_than_the_pause_between_two_times_and_the_window_misses_none) {
  const ScheduleSpec schedule = spec(R"({"every":"10m","jitter":"3h","catch_up":"1m","overlap":"allow_all"})");
  ScheduleState state{at("07:00"), std::nullopt};
  for (int i = 0; i < 50; ++i) {
    const DueRuns waiting = due_runs(schedule, state, state.last, 0, 7);
    ASSERT_TRUE(waiting.wake);
    const DueRuns due = due_runs(schedule, state, *waiting.wake, 0, 7);
    EXPECT_EQ(texts(due.skipped), Times{});
    state = due.state;
  }
}

TEST(Schedule, a_clock_that_was_ahead_keeps_nothing_from_starting_once_it_is_right) {
  const ScheduleSpec schedule = spec(R"({"every":"10m"})");
  const DueRuns ahead = ask(schedule, "07:00", "19:05");
  ASSERT_EQ(ahead.state.last, at("19:00"));
  const DueRuns right = due_runs(schedule, ahead.state, at("07:05"), 0, 1);
  EXPECT_TRUE(right.start.empty());
  EXPECT_EQ(right.wake, at("07:10"));
  EXPECT_EQ(texts(due_runs(schedule, right.state, at("07:10"), 0, 1).start), (Times{"07:10"}));
  // A clock that is corrected by some seconds only meets no time twice.
  EXPECT_EQ(due_runs(schedule, {at("07:10"), std::nullopt}, at("07:10") - kSecond, 0, 1).wake, at("07:20"));
}

TEST(Schedule, a_long_pause_is_worked_off_in_bounded_turns_that_lose_nothing) {
  const ScheduleSpec schedule = spec(R"({"every":"1m","overlap":"allow_all","catch_up":"5h"})");
  ScheduleState state{at("00:00") - Duration{20 * kDay.ms}, std::nullopt};
  std::uint64_t skipped = 0, started = 0;
  for (int turn = 0; turn < 100; ++turn) {
    const DueRuns due = due_runs(schedule, state, at("06:00"), 0, 1);
    EXPECT_LE(due.start.size(), 100u);
    for (const SkippedRuns& runs : due.skipped) skipped += runs.count;
    started += due.start.size();
    state = due.state;
    if (due.wake != at("06:00")) break;
  }
  EXPECT_EQ(started, 301u);
  EXPECT_EQ(skipped + started, 20u * 24 * 60 + 6 * 60);
}

TEST(Schedule, a_wrong_field_is_named) {
  const auto complaint = [](std::string_view json) {
    const auto parsed = parse_schedule(json);
    if (parsed.ok()) return std::string("accepted");
    EXPECT_FALSE(parsed.error().cure.empty()) << json;
    return std::string(code_of(parsed.error().code)) + " " + parsed.error().detail;
  };
  EXPECT_EQ(complaint("[]"), "BT102 schedule is not an object");
  EXPECT_EQ(complaint("{}"), "BT102 schedule needs either cron or every");
  EXPECT_EQ(complaint(R"({"cron":"@daily","every":"1m"})"), "BT102 schedule needs either cron or every");
  EXPECT_EQ(complaint(R"({"cron":"@daily"})"), "BT102 schedule.time_zone is missing");
  EXPECT_EQ(complaint(R"({"cron":"61 * * * *","time_zone":"UTC"})"), "BT109 the minute field has '61'");
  EXPECT_EQ(complaint(R"({"cron":"@daily","time_zone":"Mars"})"), "BT111 'Mars' is not a time zone");
  EXPECT_EQ(complaint(R"({"every":"10ms"})"), "BT102 schedule.every is shorter than a second");
  EXPECT_EQ(complaint(R"({"every":"0s"})"), "BT102 schedule.every is shorter than a second");
  EXPECT_EQ(complaint(R"({"every":"1m","overlap":"queue"})"), "BT102 schedule.overlap is \"queue\"");
  EXPECT_EQ(complaint(R"({"every":"1m","catch_up":"1s"})"), "BT102 schedule.catch_up is too short");
  EXPECT_EQ(complaint(R"({"every":"1m","until":"tomorrow"})"), "BT102 schedule.until is \"tomorrow\", not a time");
  EXPECT_EQ(complaint(R"({"every":"1m","time_zone":"UTC"})"),
            "BT102 schedule.time_zone is not a field that is known here");
  EXPECT_EQ(complaint(R"({"every":"1m","pause":true})"), "BT102 schedule.pause is not a field that is known here");
}

}  // namespace
}  // namespace baton
