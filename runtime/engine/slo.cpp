#include "runtime/engine/slo.hpp"

#include <algorithm>
#include <charconv>

#include "runtime/engine/audit_details.hpp"
#include "runtime/engine/instance_turn.hpp"
#include "runtime/model/refused_call.hpp"

namespace baton {
namespace {

constexpr std::size_t kTimeDigits = 15;

std::string part(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c == '/') {
      text += "%2F";
    } else if (c == '%') {
      text += "%25";
    } else {
      text.push_back(c);
    }
  }
  return text;
}

std::string done_key(std::string_view workflow, std::string_view promise, Instant at, bool kept,
                     std::string_view instance) {
  return done_promises_of(workflow, promise) + format_instant(at).substr(0, 10) + (kept ? "/kept/" : "/broken/") +
         std::string(instance);
}

// "task:x" of a task called x... what an entry may keep a promise by; empty where it keeps none.
struct Reached {
  std::string kind;
  std::string name;
};

Reached reached_by(const EntryBody& body, const InstanceState& state) {
  if (const auto* e = std::get_if<OperationResolved>(&body); e != nullptr && e->outcome.kind == OutcomeKind::value) {
    const OperationState* const operation = state.find(e->seq);
    if (operation == nullptr) return {};
    return {std::string(to_string(operation->operation.kind)), operation->operation.name};
  }
  if (const auto* e = std::get_if<StepRecorded>(&body)) return {"step", name_in_key(e->key)};
  if (const auto* e = std::get_if<DecisionRecorded>(&body)) return {"decision", e->name};
  if (const auto* e = std::get_if<EventReceived>(&body)) return {"event", e->type};
  if (const auto* e = std::get_if<SignalReceived>(&body)) return {"signal", e->name};
  // ctx:set writes one attribute at a time.
  constexpr std::string_view kStage = R"({"stage":")";
  if (const auto* e = std::get_if<AttributesSet>(&body); e != nullptr && e->attributes.starts_with(kStage)) {
    return {"stage", e->attributes.substr(kStage.size(), e->attributes.size() - kStage.size() - 2)};
  }
  return {};
}

bool keeps(const TimePromise& promise, const Reached& reached) {
  if (reached.kind.empty()) return false;
  return promise.reached == reached.name || promise.reached == reached.kind + ":" + reached.name;
}

// Each promise of the instance's workflow in this program, with its times.
template <typename Act>
void each_promise(const InstanceRecord& record, const Program* program, const Act& act) {
  const WorkflowDefinition* const found = program == nullptr ? nullptr : program->find_workflow(record.workflow);
  if (found == nullptr) return;
  for (const TimePromise& promise : found->promises) {
    if (const auto times = times_of(promise, record.started_at, *program)) act(promise, *times);
  }
}

bool may_keep(const EntryBody& body) {
  return std::holds_alternative<OperationResolved>(body) || std::holds_alternative<StepRecorded>(body) ||
         std::holds_alternative<DecisionRecorded>(body) || std::holds_alternative<EventReceived>(body) ||
         std::holds_alternative<SignalReceived>(body) || std::holds_alternative<AttributesSet>(body);
}

bool ends(const EntryBody& body) {
  return std::holds_alternative<Completed>(body) || std::holds_alternative<Failed>(body) ||
         std::holds_alternative<Cancelled>(body);
}

}  // namespace

std::optional<PromiseTimes> times_of(const TimePromise& promise, Instant started, const Program& program) {
  Instant deadline;
  if (promise.business) {
    const BusinessCalendar* const calendar = program.calendar(promise.calendar);
    const auto length = parse_business_duration(promise.within);
    if (calendar == nullptr || !length.ok()) return std::nullopt;
    const auto end = calendar->add_business(started, *length);
    if (!end.ok()) return std::nullopt;
    deadline = *end;
  } else {
    const auto length = parse_duration(promise.within);
    if (!length.ok()) return std::nullopt;
    deadline = started + *length;
  }
  const Duration before = promise.at_risk.value_or(Duration{(deadline - started).ms / 5});
  return PromiseTimes{deadline - before, deadline};
}

std::string open_promises_of(std::string_view workflow, std::string_view promise) {
  return "o/" + part(workflow) + "/" + part(promise) + "/";
}

std::string done_promises_of(std::string_view workflow, std::string_view promise) {
  return "d/" + part(workflow) + "/" + part(promise) + "/";
}

std::string promise_order(Instant deadline) {
  const std::string digits = std::to_string(std::max<std::int64_t>(0, deadline.ms));
  return std::string(kTimeDigits - std::min(kTimeDigits, digits.size()), '0') + digits;
}

std::string open_promise_key(std::string_view workflow, std::string_view promise, Instant deadline,
                             std::string_view instance) {
  return open_promises_of(workflow, promise) + promise_order(deadline) + "/" + std::string(instance);
}

std::optional<OpenPromise> parse_open_promise(std::string_view key, std::string_view prefix) {
  if (!key.starts_with(prefix) || key.size() < prefix.size() + kTimeDigits + 1) return std::nullopt;
  const std::string_view digits = key.substr(prefix.size(), kTimeDigits);
  std::int64_t ms = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), ms).ec != std::errc()) return std::nullopt;
  return OpenPromise{Instant{ms}, std::string(key.substr(prefix.size() + kTimeDigits + 1))};
}

// What an entry means for the promises of its workflow. Most workflows have none, and most entries mean nothing: both are
// seen before anything is copied.
void InstanceTurn::note_promises(const EntryBody& body) {
  const auto* const moved = std::get_if<BundleChanged>(&body);
  const bool begins = std::holds_alternative<Started>(body) && core_.record.run_begins_at == 0;
  if (moved == nullptr && !begins && !ends(body) && !may_keep(body)) return;
  const auto found = core_.program == nullptr ? core_.programs->find(core_.state.bundle) : nullptr;
  const Program* const program = core_.program == nullptr ? found.get() : core_.program.get();
  if (moved != nullptr) {
    const auto before = core_.programs->find(moved->from);
    each_promise(core_.record, before.get(), [&](const TimePromise& promise, const PromiseTimes& times) {
      put_promise(promise, times, std::nullopt);
    });
    const auto after = core_.programs->find(moved->to);
    each_promise(core_.record, after.get(), [&](const TimePromise& promise, const PromiseTimes& times) {
      if (!kept_before(promise)) put_promise(promise, times, std::to_string(times.at_risk.ms));
    });
    return;
  }
  each_promise(core_.record, program, [&](const TimePromise& promise, const PromiseTimes& times) {
    if (begins) return put_promise(promise, times, std::to_string(times.at_risk.ms));
    const bool at_end = promise.reached == "end";
    const bool in_time = at_ <= times.deadline;
    if (ends(body)) {
      if (at_end) return settle_promise(promise, times, in_time);
      if (kept_before(promise)) return;
      // The case ended without it: too late, or it was never owed.
      return in_time ? put_promise(promise, times, std::nullopt) : settle_promise(promise, times, false);
    }
    if (keeps(promise, reached_by(body, core_.state)) && !kept_before(promise)) settle_promise(promise, times, in_time);
  });
}

std::vector<std::string> InstanceTurn::kept_promises() const {
  std::vector<std::string> kept;
  each_promise(core_.record, core_.program.get(), [&](const TimePromise& promise, const PromiseTimes&) {
    if (kept_before(promise)) kept.push_back(promise.name);
  });
  return kept;
}

// By an entry in front of the latest, or in an earlier run.
bool InstanceTurn::kept_before(const TimePromise& promise) const {
  if (core_.state.patches.contains(std::string(kKeptPromise) + promise.name)) return true;
  for (std::size_t i = 0; i + 1 < core_.journal.size(); ++i) {
    if (keeps(promise, reached_by(core_.journal[i].body, core_.state))) return true;
  }
  return false;
}

void InstanceTurn::put_promise(const TimePromise& promise, const PromiseTimes& times,
                               std::optional<std::string> value) {
  change(PutNamed{"slo", open_promise_key(core_.record.workflow, promise.name, times.deadline, core_.id),
                  std::move(value)});
}

void InstanceTurn::settle_promise(const TimePromise& promise, const PromiseTimes& times, bool kept) {
  put_promise(promise, times, std::nullopt);
  change(PutNamed{"slo", done_key(core_.record.workflow, promise.name, at_, kept, core_.id),
                  std::to_string((at_ - core_.record.started_at).ms)});
}

}  // namespace baton
