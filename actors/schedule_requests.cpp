// What people ask of schedules: create, replace, pause, resume, trigger, delete.
#include <algorithm>
#include <utility>

#include "actors/schedules.hpp"
#include "persistence/keys/patient_id.hpp"
#include "runtime/base/json_text.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/base/sha256.hpp"

namespace baton {
namespace {

// Each run is called by the schedule and its time, and has to be a case's id.
constexpr std::size_t kTimeOfRun = std::string_view("/2026-03-02T09:00:00.000Z").size();
constexpr std::size_t kScheduleNameSize = limits::kInstanceIdSize - kTimeOfRun;

// For the ledger. What the runs are given may be about anybody, so that only its hash stands there.
JsonText what_it_says(const ScheduleRow& row) {
  JsonWriter writer;
  writer.begin_object().json_field("spec", row.spec_json).flag("paused", row.spec.paused);
  if (!row.input.empty()) writer.field("input_sha256", to_hex(sha256(row.input)));
  writer.end_object();
  return std::move(writer).take();
}

}  // namespace

void Schedules::run_request(const ScheduleRequest& request, std::uint64_t token) {
  const auto refuse = [&](ErrorCode code, std::string detail, std::string cure) {
    parts_.replies.give(token, Error{code, std::move(detail), std::move(cure)});
  };
  if (request.name.empty() || request.name.size() > limits::kNameSize) {
    return refuse(ErrorCode::bad_field, "the schedule has no name, or a longer one than is taken", "name it shortly");
  }
  if (const auto busy = busy_.find(request.name); busy != busy_.end()) {
    busy->second.requests.emplace_back(request, token);
    return;
  }
  auto stored = read(request.name);
  if (!stored.ok()) return parts_.replies.give(token, stored.error());
  if (request.action == "create") return create(request, token, stored->has_value());
  if (!stored->has_value())
    return refuse(ErrorCode::not_found, "there is no schedule " + request.name,
                  "'baton schedules' shows those that there are");
  if (request.action == "replace") return replace(request, **std::move(stored), token);
  if (request.action == "trigger") return trigger(request, **stored, token);
  if (request.action == "pause" || request.action == "resume" || request.action == "delete") {
    return change(request, **std::move(stored), token);
  }
  refuse(ErrorCode::bad_field, "a schedule cannot " + request.action,
         "say create, replace, pause, resume, trigger or delete");
}

void Schedules::create(const ScheduleRequest& request, std::uint64_t token, bool exists) {
  if (exists) {
    return parts_.replies.give(token, Error{ErrorCode::already_exists, "schedule " + request.name + " exists already",
                                            "replace it, or choose another name"});
  }
  if (request.name.size() > kScheduleNameSize) {
    return parts_.replies.give(
        token, Error{ErrorCode::bad_field,
                     "the schedule's name is longer than " + std::to_string(kScheduleNameSize) + " bytes",
                     "name it shortly: its runs are called by it and their time"});
  }
  auto row = read_schedule_request(request.spec, parts_.clock.now());
  if (!row.ok()) return parts_.replies.give(token, row.error());
  accept(request, *std::move(row), token);
}

// What has begun stays known, so that no run begins beside one that is open where the schedule says none shall.
void Schedules::replace(const ScheduleRequest& request, ScheduleRow before, std::uint64_t token) {
  auto row = read_schedule_request(request.spec, parts_.clock.now());
  if (!row.ok()) return parts_.replies.give(token, row.error());
  row->open_runs = std::move(before.open_runs);
  row->state.buffered = before.state.buffered;
  accept(request, *std::move(row), token);
}

void Schedules::accept(const ScheduleRequest& request, ScheduleRow row, std::uint64_t token) {
  if (auto refused = refusal(row)) return parts_.replies.give(token, *std::move(refused));
  JsonText answer = to_json(row);
  put(request, std::move(row), Reply{token, std::move(answer)});
}

std::optional<Error> Schedules::refusal(const ScheduleRow& row) const {
  if (const Status patient = check_patient_id(row.patient); !patient.ok()) return patient.error();
  if (!parts_.bundles.live()->by_workflow.contains(row.workflow)) {
    return Error{ErrorCode::unknown_workflow, "no live bundle defines " + row.workflow,
                 "deploy a bundle with this workflow first"};
  }
  if (row.spec.from && row.spec.until && *row.spec.until < *row.spec.from) {
    return Error{ErrorCode::bad_field, "schedule.until is before schedule.from",
                 "write an until that comes after from"};
  }
  if (!next_nominal(row.spec, row.state.last)) {
    return Error{ErrorCode::bad_field, "the schedule never comes due from now on",
                 "see its cron (no year has a 30th of February) and its until"};
  }
  return std::nullopt;
}

void Schedules::change(const ScheduleRequest& request, ScheduleRow row, std::uint64_t token) {
  const bool gone = request.action == "delete";
  if (!gone) row.spec.paused = request.action == "pause";
  JsonText answer = to_json(row);
  put(request, std::move(row), Reply{token, std::move(answer)});
}

// Until the row is durable the schedule is busy: a look in between would write the old one over it.
void Schedules::put(const ScheduleRequest& request, ScheduleRow row, Reply reply) {
  busy_.try_emplace(request.name).first->second.look_again = true;
  std::vector<Reply> replies;
  replies.push_back(std::move(reply));
  AuditRecord record = record_of(request.name, row, request.by, request.action + "d");
  record.after = what_it_says(row);
  const bool gone = request.action == "delete";
  commit(std::move(record), gone ? std::nullopt : std::optional(std::move(row)), std::move(replies),
         [this, name = request.name] {
           parts_.lanes.post("schedules", [this, name] {
             awaited_.erase(name);
             settled(name);
           });
         });
}

void Schedules::trigger(const ScheduleRequest& request, const ScheduleRow& row, std::uint64_t token) {
  last_triggered_ = std::max(parts_.clock.now(), last_triggered_ + Duration{1});
  // A nominal time is the schedule's own: its run is there already, or will be.
  const bool nominal = !row.no_times && next_nominal(row.spec, last_triggered_ - Duration{1}) == last_triggered_;
  if (nominal) last_triggered_ = last_triggered_ + Duration{1};
  StartRequest start = start_of(request.name, row, last_triggered_);
  start.by = request.by;
  parts_.start(std::move(start), [this, token](Result<JsonText> answer) { parts_.replies.give(token, answer); });
}

}  // namespace baton
