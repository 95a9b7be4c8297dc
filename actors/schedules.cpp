#include "actors/schedules.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "actors/log.hpp"

namespace baton {

namespace {

constexpr std::string_view kSchedulesLane = "schedules";
constexpr Duration kSettle{10'000};   // After a start: so long a run that is open has for what had come due before.
constexpr Duration kTryAgain{1'000};  // When runs could not be started: overload, or no bundle that defines them.

Principal scheduler_of(const std::string& name) {
  Principal by;
  by.kind = PrincipalKind::system;
  by.subject = "schedule:" + name;
  return by;
}

}  // namespace

struct Schedules::Round {
  std::string name;
  ScheduleRow row;
  DueRuns due;
  std::size_t open = 0;  // Starts without an answer.
  bool failed = false;
  std::string failure;  // The last of them.
  std::mutex mutex;
};

void Schedules::recover() {
  parts_.lanes.post(kSchedulesLane, [this] {
    auto rows = parts_.reader.named_all("schedules");
    if (!rows.ok()) {
      log::error("schedules could not be read and are looked at again: {}", to_string(rows.error()));
      return parts_.timers.call_at(parts_.clock.now() + kTryAgain, [this] { recover(); });
    }
    for (const auto& [name, text] : *rows) look_after_start(name, text);
  });
}

// A run may have been over long before, by a timer that fires only now: times that came meanwhile are not to be skipped for it.
void Schedules::look_after_start(const std::string& name, const std::string& text) {
  auto row = read_schedule_row(text);
  // What is on its way to its row says by the old clock when to look: it is looked at again behind that.
  if (!row.ok() || busy_.contains(name) || prune(*row) == 0) return look(name);
  settling_.insert(name);
  look_at(name, parts_.clock.now() + kSettle);
}

void Schedules::take(ScheduleRequest request, std::uint64_t token) {
  parts_.lanes.post(kSchedulesLane, [this, request = std::move(request), token] { run_request(request, token); });
}

void Schedules::instance_changed(const std::string& instance) {
  const std::size_t slash = instance.rfind('/');
  if (slash == instance.npos) return;
  parts_.lanes.post(kSchedulesLane, [this, name = instance.substr(0, slash)] {
    // What is on its way to its row may say that it waits for this run.
    if (const auto busy = busy_.find(name); busy != busy_.end()) {
      busy->second.look_again = true;
      return;
    }
    auto row = read(name);
    if (!row.ok() || !row->has_value()) return;
    if ((*row)->state.buffered || (settling_.contains(name) && prune(**row) == 0)) look(name);
  });
}

void Schedules::clock_was_set() {
  parts_.lanes.post(kSchedulesLane, [this] {
    const Instant now = parts_.clock.now();
    if (now >= latest_look_) return;
    latest_look_ = now;
    recover();
  });
}

Result<std::optional<ScheduleRow>> Schedules::read(const std::string& name) const {
  auto text = parts_.reader.named("schedules", name);
  if (!text.ok()) return text.error();
  if (!text->has_value()) return std::optional<ScheduleRow>();
  auto row = read_schedule_row(**text);
  if (!row.ok()) return row.error();
  return std::optional(*std::move(row));
}

std::uint32_t Schedules::prune(ScheduleRow& row) const {
  std::erase_if(row.open_runs, [&](const std::string& run) {
    const auto instance = parts_.reader.instance(run);
    if (!instance.ok()) return instance.error().code == ErrorCode::erased;  // It had ended before.
    return !instance->has_value() || !(*instance)->open();
  });
  return static_cast<std::uint32_t>(row.open_runs.size());
}

StartRequest Schedules::start_of(const std::string& name, const ScheduleRow& row, Instant nominal) const {
  StartRequest start;
  start.workflow = row.workflow;
  start.id = name + "/" + format_instant(nominal);
  start.input = row.input;
  start.patient = row.patient;
  start.by = scheduler_of(name);
  return start;
}

void Schedules::look_at(const std::string& name, Instant at) {
  const auto [awaited, first] = awaited_.try_emplace(name);
  if (!first && awaited->second.at == at) return;
  const std::uint64_t mine = ++last_awaited_;
  awaited->second = {mine, at};
  parts_.timers.call_at(at, [this, name, mine] {
    parts_.lanes.post(kSchedulesLane, [this, name, mine] {
      const auto still = awaited_.find(name);
      if (still == awaited_.end() || still->second.number != mine) return;
      awaited_.erase(still);
      look(name);
    });
  });
}

void Schedules::look(const std::string& name) {
  if (const auto busy = busy_.find(name); busy != busy_.end()) {
    busy->second.look_again = true;
    return;
  }
  auto stored = read(name);
  if (!stored.ok()) {
    log::error("schedule {} could not be read and is looked at again: {}", name, to_string(stored.error()));
    return look_at(name, parts_.clock.now() + kTryAgain);
  }
  settling_.erase(name);
  if (!stored->has_value()) return;
  ScheduleRow row = **std::move(stored);
  if (row.no_times) {
    const std::string why = to_string(*row.no_times);
    if (row.failure != why) log::error("schedule {} can start nothing: {}", name, why);
    busy_.try_emplace(name);
    return keep_failure(name, why);
  }
  const Instant now = parts_.clock.now();
  latest_look_ = std::max(latest_look_, now);
  const std::uint32_t running = prune(row);
  const DueRuns due = due_runs(row.spec, row.state, now, running, std::hash<std::string>{}(name));
  if (due.start.empty() && due.skipped.empty() && due.state == row.state) {
    if (due.wake) look_at(name, *due.wake);
    return;
  }
  start_runs(name, std::move(row), due);
}

void Schedules::settled(const std::string& name) {
  const auto found = busy_.find(name);
  if (found == busy_.end()) return;
  const Busy was = std::move(found->second);
  busy_.erase(found);
  for (const auto& [request, token] : was.requests) run_request(request, token);
  if (was.look_again) look(name);
}

void Schedules::start_runs(const std::string& name, ScheduleRow row, const DueRuns& due) {
  busy_.try_emplace(name);
  std::vector<std::string> begun;
  for (const Instant nominal : due.start) begun.push_back(name + "/" + format_instant(nominal));
  // Where the clock was set back all of them may have been started before, and be over: then nothing begins in the place of what
  // runs. After a crash they have been started as well, and whether the runs before them were cancelled nobody knows.
  bool anew = false;
  std::string latest;  // Of those that are not over. Names of one schedule's runs end with their times.
  for (const std::string& run : begun) {
    const auto known = parts_.reader.instance(run);
    if (!known.ok()) continue;
    anew = anew || !known->has_value();
    if (!known->has_value() || (*known)->open()) latest = std::max(latest, run);
  }
  if (due.cancel_running) {
    for (const std::string& run : row.open_runs) {
      // Where the clock was set back a time comes again, and is its own open run.
      if (std::ranges::find(begun, run) != begun.end() || (!anew && run >= latest)) continue;
      parts_.router.deliver(run, CancelInstance{"the next run of schedule " + name + " begins", scheduler_of(name), 0});
    }
  }
  auto round = std::make_shared<Round>();
  round->name = name;
  round->due = due;
  round->open = due.start.size();
  for (std::string& run : begun) {
    if (std::ranges::find(row.open_runs, run) == row.open_runs.end()) row.open_runs.push_back(std::move(run));
  }
  round->row = std::move(row);
  round->row.state = due.state;
  if (due.start.empty()) return started(round, true);
  for (const Instant nominal : due.start) {
    parts_.start(start_of(name, round->row, nominal), [this, round](Result<JsonText> answer) {
      const bool there = answer.ok() || answer.error().code == ErrorCode::already_exists;
      if (!there) log::warn("schedule {} could not start a run: {}", round->name, to_string(answer.error()));
      const std::lock_guard lock(round->mutex);
      round->failed = round->failed || !there;
      if (!there) round->failure = to_string(answer.error());
      if (--round->open > 0) return;
      parts_.lanes.post(kSchedulesLane, [this, round] { started(round, !round->failed); });
    });
  }
}

void Schedules::started(const std::shared_ptr<Round>& round, bool all) {
  if (!all) {
    // Nothing of it is committed, so all of it is done again; runs that did start are known then.
    look_at(round->name, parts_.clock.now() + kTryAgain);
    return keep_failure(round->name, round->failure);
  }
  round->row.failure.clear();
  std::uint64_t skipped = 0;
  for (const SkippedRuns& run : round->due.skipped) skipped += run.count;
  commit(record_of(round->name, round->row, scheduler_of(round->name),
                   "started " + std::to_string(round->due.start.size()) + ", skipped " + std::to_string(skipped)),
         round->row, {}, [this, name = round->name, wake = round->due.wake] {
           parts_.lanes.post(kSchedulesLane, [this, name, wake] {
             if (wake) look_at(name, *wake);
             settled(name);
           });
         });
}

// Once for each reason, and not with every attempt.
void Schedules::keep_failure(const std::string& name, const std::string& failure) {
  auto stored = read(name);
  if (!stored.ok() || !stored->has_value() || (*stored)->failure == failure) return settled(name);
  ScheduleRow row = **std::move(stored);
  row.failure = failure;
  row.failed_at = parts_.clock.now();
  AuditRecord record = record_of(name, row, scheduler_of(name), "failed: " + failure);
  commit(std::move(record), std::move(row), {},
         [this, name] { parts_.lanes.post(kSchedulesLane, [this, name] { settled(name); }); });
}

AuditRecord Schedules::record_of(const std::string& name, const ScheduleRow& row, const Principal& by,
                                 std::string outcome) const {
  AuditRecord record;
  record.action = action::kScheduleChanged;
  record.at = parts_.clock.now();
  record.by = by;
  record.object = name;
  record.outcome = std::move(outcome);
  record.workflow = row.workflow;
  record.patient = row.patient;
  return record;
}

void Schedules::commit(AuditRecord record, std::optional<ScheduleRow> row, std::vector<Reply> replies,
                       std::function<void()> then) {
  std::optional<std::string> value;
  if (row) value = to_json(*row);
  std::vector<Change> changes;
  changes.push_back(PutNamed{"schedules", record.object, std::move(value)});
  parts_.path.commit(Turn(std::move(changes), {std::move(record)}, {}, std::move(replies)), {}, std::move(then));
}

}  // namespace baton
