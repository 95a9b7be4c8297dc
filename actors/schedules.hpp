// Runs schedules: starts an instance for each nominal time that is due. Thread-safe; all of it runs in one lane.
//
// Exactly once: a run's instance has the id "<schedule>/<nominal time>", so starting it again changes nothing. A schedule
// starts its runs first and commits its cursor when they are durable; a crash in between repeats starts that are known.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "actors/bundle_registry.hpp"
#include "actors/commit_path.hpp"
#include "actors/lanes.hpp"
#include "actors/live_views.hpp"
#include "actors/replies.hpp"
#include "actors/router.hpp"
#include "actors/schedule_row.hpp"
#include "actors/timer_service.hpp"

namespace baton {

class Schedules {
 public:
  struct Parts {
    const Clock& clock;
    const StoreReader& reader;
    Lanes& lanes;
    Router& router;
    CommitPath& path;
    Replies& replies;
    TimerService& timers;
    const BundleRegistry& bundles;
    // Starts an instance as a request from outside would.
    std::function<void(StartRequest, Answer)> start;
  };
  explicit Schedules(Parts parts) : parts_(std::move(parts)) {}

  // Looks at all schedules that are stored.
  void recover();
  void take(ScheduleRequest request, std::uint64_t token);
  // An instance has changed: when it is a run, its schedule may go on.
  void instance_changed(const std::string& instance);
  // The clock may have gone back: what is awaited by the old one would come too late.
  void clock_was_set();

 private:
  struct Round;  // The starts of one look at a schedule, on their way.
  // A schedule whose row is being changed: whoever reads it meanwhile would decide on what is no longer so.
  struct Busy {
    bool look_again = false;
    std::vector<std::pair<ScheduleRequest, std::uint64_t>> requests;  // With their tokens.
  };
  struct Awaited {
    std::uint64_t number = 0;
    Instant at;
  };

  void look(const std::string& name);
  // The first time, at the row as it is.
  void look_after_start(const std::string& name, const std::string& text);
  void look_at(const std::string& name, Instant at);
  void run_request(const ScheduleRequest& request, std::uint64_t token);
  void create(const ScheduleRequest& request, std::uint64_t token, bool exists);
  void replace(const ScheduleRequest& request, ScheduleRow before, std::uint64_t token);
  void accept(const ScheduleRequest& request, ScheduleRow row, std::uint64_t token);
  void change(const ScheduleRequest& request, ScheduleRow row, std::uint64_t token);
  void put(const ScheduleRequest& request, ScheduleRow row, Reply reply);
  void trigger(const ScheduleRequest& request, const ScheduleRow& row, std::uint64_t token);
  // Why a schedule of these fields can never start anything, as things are.
  [[nodiscard]] std::optional<Error> refusal(const ScheduleRow& row) const;
  // What stands in the row's way is kept in it, for those who look at the schedule. Precondition: it is busy.
  void keep_failure(const std::string& name, const std::string& failure);
  void start_runs(const std::string& name, ScheduleRow row, const DueRuns& due);
  void started(const std::shared_ptr<Round>& round, bool all);
  // Its row is durable, or stays as it was: what had to wait goes on.
  void settled(const std::string& name);
  // Forgets runs that have ended; how many are open.
  std::uint32_t prune(ScheduleRow& row) const;
  [[nodiscard]] AuditRecord record_of(const std::string& name, const ScheduleRow& row, const Principal& by,
                                      std::string outcome) const;
  // The record's object is the schedule's name. Nothing for a row: it goes.
  void commit(AuditRecord record, std::optional<ScheduleRow> row, std::vector<Reply> replies,
              std::function<void()> then);
  [[nodiscard]] Result<std::optional<ScheduleRow>> read(const std::string& name) const;
  [[nodiscard]] StartRequest start_of(const std::string& name, const ScheduleRow& row, Instant nominal) const;

  Parts parts_;
  // The lane's own: what is awaited, so that a wake-up that is no longer meant is passed over.
  std::map<std::string, Awaited> awaited_;
  std::map<std::string, Busy> busy_;
  std::set<std::string> settling_;  // Schedules whose open runs have yet to do what came due before the start.
  std::uint64_t last_awaited_ = 0;
  Instant latest_look_;     // What the clock showed then.
  Instant last_triggered_;  // Two triggers in one millisecond are two runs.
};

}  // namespace baton
