#include "tests/simulation/hospital_day.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "runtime/model/json_fields.hpp"
#include "tests/simulation/bundle.hpp"
#include "tests/simulation/verdict.hpp"

namespace baton::simulation {
namespace {

constexpr std::size_t kWindow = 4;  // Messages of one connection that wait for their answer.

Principal person(const std::string& name, const std::string& role) {
  Principal by;
  by.kind = PrincipalKind::person;
  by.subject = name;
  by.role = role;
  by.authentication = "local";
  return by;
}

std::string state_of(const JsonText& answer) {
  const auto parsed = parse_json_document(answer);
  const auto* state = parsed.ok() ? parsed->get_object().if_contains("state") : nullptr;
  return state == nullptr ? std::string() : std::string(state->as_string());
}

}  // namespace

DayReport HospitalDay::run() {
  open();
  if (!node_) return report_;
  DeployRequest deploy;
  deploy.name = "house";
  deploy.files = bundle();
  deploy.by = person("developer", "developer");
  ask(deploy, [](const Result<JsonText>&) {});
  step(SIZE_MAX);  // A schedule is made of what is live.
  ask(ScheduleRequest{"rounds", "create", R"({"workflow":"round","input":{},"every":"1h"})", person("lead", "nurse")},
      [](const Result<JsonText>&) {});
  step(SIZE_MAX);
  const Instant midnight = clock_->now() + kDay;
  while (clock_->now() < midnight && node_ && report_.complaints.empty()) something_happens();
  if (node_ && report_.complaints.empty()) evening();
  report_.messages = promises_.messages.size();
  report_.decisions = promises_.decisions.size();
  report_.effects = promises_.effects.size();
  return report_;
}

void HospitalDay::something_happens() {
  switch (dice(24)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6: send_messages(); break;
    case 7:
    case 8:
    case 9:
    case 10: outside_answers(false); break;
    case 11:
    case 12: somebody_decides(); break;
    case 13: somebody_starts_an_errand(); break;
    case 14: somebody_signals(); break;
    case 15: promise_is_kept(); break;
    case 16: operator_helps(); break;
    case 17:
      if (dice(40) == 0) arm_power_cut();
      break;
    case 18:
      if (dice(60) == 0) crash();
      break;
    case 19:
      if (dice(60) == 0) clock_jumps();
      break;
    default: time_passes();
  }
  step(dice(30));
}

void HospitalDay::send_messages() {
  Feed& feed = feeds_[dice(feeds_.size())];
  while (const Message* message = feed.next(clock_->now(), kWindow)) {
    if (dice(25) == 0) return feed.drop_connection();  // Lost on the way, with what follows.
    AcceptRequest request;
    request.format = "hl7v2";
    request.raw = message->raw;
    request.by.kind = PrincipalKind::service;
    request.by.subject = "mllp";
    request.by.client = feed.name();
    const std::string id = message->control_id;
    const std::string source = message->raw.substr(9, 4) + "|HOSP";
    const auto answered = [this, id, source, &feed](const Result<JsonText>& answer) {
      if (!answer.ok()) return feed.drop_connection();
      const std::string state = state_of(*answer);
      if (state != "accepted") complain("message " + id + " was not understood: " + *answer);
      promises_.messages[source + "/" + id] = state;
      feed.acknowledged(id);
    };
    ask(request, answered);
    if (dice(12) == 0) ask(request, answered);  // The sender was impatient.
  }
}

void HospitalDay::outside_answers(bool well) {
  if (outside_->waiting() == 0) return;
  const std::size_t which = dice(outside_->waiting());
  const std::uint64_t luck = well ? 0 : dice(20);
  if (luck < 15) return outside_->answer(which, 200);
  if (luck < 18) return outside_->answer(which, 503);
  if (luck < 19) return outside_->answer(which, 0);
  outside_->lose(which);
}

void HospitalDay::somebody_decides() {
  const auto open = node_->reader().list_tasks({}, {}, 100);
  if (!open.ok() || open->items.empty()) return;
  const TaskRecord& task = open->items[dice(open->items.size())];
  ActOnTask act;
  act.seq = task.seq;
  act.action = dice(4) == 0 ? "claim" : "decide";
  act.outcome = dice(2) == 0 ? "yes" : "no";
  act.reason = "seen";
  act.by = person("nurse-" + std::to_string(dice(3)), "nurse");
  if (!task.claimed_by.empty()) act.by.subject = task.claimed_by;
  const std::string id = task_id_of(task.instance, task.seq);
  ask(InstanceRequest{task.instance, act}, [this, id, act](const Result<JsonText>& answer) {
    if (answer.ok() && act.action == "decide") promises_.decisions[id] = act.outcome;
  });
}

void HospitalDay::somebody_starts_an_errand() {
  if (dice(4) != 0) return;
  StartRequest start;
  start.workflow = "errand";
  start.id = "errand-" + std::to_string(++errands_);
  start.input = "{}";
  start.by = person("lead", "nurse");
  ask(start, [this, id = start.id](const Result<JsonText>& answer) {
    if (answer.ok()) promises_.starts.insert(id);
  });
}

void HospitalDay::somebody_signals() {
  InstanceFilter filter;
  filter.status = InstanceStatus::running;
  const auto open = node_->reader().list_instances(filter, {}, 50);
  if (!open.ok() || open->items.empty()) return;
  const std::string instance = open->items[dice(open->items.size())].id;
  SendSignal signal;
  signal.name = "go";
  signal.payload = "{}";
  signal.message_id = "signal-" + std::to_string(++signals_);
  signal.by = person("lead", "nurse");
  ask(InstanceRequest{instance, signal}, [this, instance, id = signal.message_id](const Result<JsonText>& answer) {
    if (answer.ok()) promises_.signals.emplace(instance, id);
  });
}

void HospitalDay::promise_is_kept() {
  const auto pending = node_->reader().all_pending({}, 500);
  if (!pending.ok()) return;
  for (const PendingRecord& record : pending->items) {
    if (record.operation.kind != OperationKind::promise || dice(3) != 0) continue;
    SettlePromise settle;
    settle.seq = record.operation.seq;
    settle.outcome = Outcome::of("\"kept\"");
    settle.by = person("outside", "");
    return ask(InstanceRequest{record.instance, settle}, [](const Result<JsonText>&) {});
  }
}

void HospitalDay::operator_helps() {
  const auto open = node_->reader().open_incidents({}, 10);
  if (!open.ok()) return;
  for (const IncidentRecord& incident : open->items) {
    if (incident.cause.code != code_of(ErrorCode::retries_exhausted)) {
      return complain("incident of " + incident.instance + ": " + incident.cause.code + " " + incident.cause.message);
    }
    ResolveIncident resolve;
    resolve.number = incident.number;
    resolve.reason = "they are back";
    resolve.by = person("operator", "operator");
    ask(InstanceRequest{incident.instance, resolve}, [](const Result<JsonText>&) {});
  }
}

void HospitalDay::time_passes() {
  const Instant now = clock_->now();
  const auto next = node_->next_due();
  if (next && *next > now && *next < now + kHour && dice(2) == 0) {
    clock_->set(*next);
  } else {
    clock_->set(now + Duration{static_cast<std::int64_t>(dice(3 * kMinute.ms))});
  }
}

void HospitalDay::clock_jumps() {
  ++report_.jumps;
  const auto by = Duration{static_cast<std::int64_t>(dice(40) + 1) * kMinute.ms};
  clock_->set(dice(3) == 0 ? clock_->now() + Duration{4 * by.ms} : clock_->now() - by);
}

bool HospitalDay::all_is_done() {
  InstanceFilter filter;
  filter.status = InstanceStatus::running;
  const auto open = node_->reader().list_instances(filter, {}, 1);
  return open.ok() && open->items.empty() && node_->idle() &&
         std::all_of(feeds_.begin(), feeds_.end(), [](const Feed& feed) { return feed.empty(); });
}

// Nothing fails any more: within two days all that was begun has to come to its end.
void HospitalDay::evening() {
  crash();
  if (!node_) return;
  ask(ScheduleRequest{"rounds", "delete", {}, person("lead", "nurse")}, [](const Result<JsonText>&) {});
  const Instant latest = clock_->now() + Duration{2 * kDay.ms};
  while (node_ && report_.complaints.empty()) {
    step(SIZE_MAX);
    if (!node_ || all_is_done()) break;
    if (clock_->now() > latest) {
      complain("something is stuck");
      break;
    }
    for (Feed& feed : feeds_) {
      if (dice(4) == 0) feed.drop_connection();
    }
    for (int i = 0; i < 12; ++i) send_messages();
    while (outside_->waiting() > 0) outside_answers(true);
    for (int i = 0; i < 8; ++i) somebody_decides();
    promise_is_kept();
    operator_helps();
    step(SIZE_MAX);
    if (node_) time_passes();
  }
  if (!node_) return;
  step(SIZE_MAX);
  check();
  for (std::string& left : what_is_left(*node_, plan_)) complain(std::move(left));
  report_.instances = node_->reader().all_instances({}, 100'000)->items.size();
}

}  // namespace baton::simulation
