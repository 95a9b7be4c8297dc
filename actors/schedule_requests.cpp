// What people ask of schedules: create, replace, pause, resume, trigger, delete.
#include <utility>

#include "actors/schedules.hpp"
#include "runtime/base/limits.hpp"

namespace baton {

void Schedules::run_request(const ScheduleRequest& request, std::uint64_t token) {
  const auto refuse = [&](ErrorCode code, std::string detail, std::string cure) {
    parts_.replies.give(token, Error{code, std::move(detail), std::move(cure)});
  };
  if (request.name.empty() || request.name.size() > limits::kNameSize) {
    return refuse(ErrorCode::bad_field, "the schedule has no name, or a longer one than is taken", "name it shortly");
  }
  if (busy_.contains(request.name)) {
    // Its runs are just being started; what is asked comes after that.
    return parts_.lanes.post("schedules", [this, request, token] { run_request(request, token); });
  }
  auto stored = read(request.name);
  if (!stored.ok()) return parts_.replies.give(token, stored.error());
  if (request.action == "create" || request.action == "replace") return create(request, token, stored->has_value());
  if (!stored->has_value()) return refuse(ErrorCode::not_found, "there is no schedule " + request.name, {});
  if (request.action == "trigger") return trigger(request, **stored, token);
  if (request.action == "pause" || request.action == "resume" || request.action == "delete") {
    return change(request, **std::move(stored), token);
  }
  refuse(ErrorCode::bad_field, "a schedule cannot " + request.action,
         "say create, replace, pause, resume, trigger or delete");
}

void Schedules::create(const ScheduleRequest& request, std::uint64_t token, bool exists) {
  if (exists && request.action == "create") {
    return parts_.replies.give(token, Error{ErrorCode::already_exists, "schedule " + request.name + " exists already",
                                            "replace it, or choose another name"});
  }
  auto row = read_schedule_request(request.spec, parts_.clock.now());
  if (!row.ok()) return parts_.replies.give(token, row.error());
  commit(request.name, *row, request.by, request.action + "d", [this, name = request.name, row = *row, token] {
    parts_.lanes.post("schedules", [this, name] { look(name); });
    parts_.replies.give(token, to_json(row));
  });
}

void Schedules::change(const ScheduleRequest& request, ScheduleRow row, std::uint64_t token) {
  const bool gone = request.action == "delete";
  if (!gone) row.spec.paused = request.action == "pause";
  JsonText answer = to_json(row);
  commit(request.name, gone ? std::nullopt : std::optional(std::move(row)), request.by, request.action + "d",
         [this, name = request.name, answer = std::move(answer), token] {
           parts_.lanes.post("schedules", [this, name] {
             awaited_.erase(name);
             look(name);
           });
           parts_.replies.give(token, answer);
         });
}

void Schedules::trigger(const ScheduleRequest& request, const ScheduleRow& row, std::uint64_t token) {
  StartRequest start = start_of(request.name, row, parts_.clock.now());
  start.by = request.by;
  parts_.start(std::move(start), [this, token](Result<JsonText> answer) { parts_.replies.give(token, answer); });
}

}  // namespace baton
