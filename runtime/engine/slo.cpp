#include "runtime/engine/slo.hpp"

#include <algorithm>
#include <charconv>

#include "runtime/engine/audit_details.hpp"
#include "runtime/engine/instance_turn.hpp"

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

// What an entry means for the promises of its workflow. Of those that were kept before it says nothing more.
void InstanceTurn::note_promises(const EntryBody& body) {
  const bool begins = std::holds_alternative<Started>(body) && core_.record.run_begins_at == 0;
  const auto* const moved = std::get_if<BundleChanged>(&body);
  const Reached reached = reached_by(body, core_.state);
  const bool end = ends(body);
  if (!begins && moved == nullptr && !end && reached.kind.empty()) return;
  const auto program = core_.program == nullptr ? core_.programs->find(core_.state.bundle) : core_.program;
  const auto definition = [&](const std::shared_ptr<const Program>& of) {
    return of == nullptr ? nullptr : of->find_workflow(core_.record.workflow);
  };
  const auto kept_before = [&](const TimePromise& promise) {
    for (std::size_t i = 0; i + 1 < core_.journal.size(); ++i) {
      if (keeps(promise, reached_by(core_.journal[i].body, core_.state))) return true;
    }
    return false;
  };
  const auto each = [&](const std::shared_ptr<const Program>& of, const auto& act) {
    const WorkflowDefinition* const found = definition(of);
    if (found == nullptr) return;
    for (const TimePromise& promise : found->promises) {
      if (const auto times = times_of(promise, core_.record.started_at, *of)) act(promise, *times);
    }
  };
  const auto row = [&](const TimePromise& promise, const PromiseTimes& times, std::optional<std::string> value) {
    change(PutNamed{"slo", open_promise_key(core_.record.workflow, promise.name, times.deadline, core_.id),
                    std::move(value)});
  };
  const auto settle = [&](const TimePromise& promise, const PromiseTimes& times, bool kept) {
    row(promise, times, std::nullopt);
    change(PutNamed{"slo", done_key(core_.record.workflow, promise.name, at_, kept, core_.id),
                    std::to_string((at_ - core_.record.started_at).ms)});
  };
  if (moved != nullptr) {
    each(core_.programs->find(moved->from),
         [&](const TimePromise& promise, const PromiseTimes& times) { row(promise, times, std::nullopt); });
  }
  each(moved != nullptr ? core_.programs->find(moved->to) : program,
       [&](const TimePromise& promise, const PromiseTimes& times) {
         const bool at_end = promise.reached == "end";
         if (begins || moved != nullptr) {
           if (at_end || begins || !kept_before(promise)) row(promise, times, std::to_string(times.at_risk.ms));
         } else if (end && at_end) {
           settle(promise, times, at_ <= times.deadline);
         } else if (end && !kept_before(promise)) {
           // The case ended without it: too late, or it was never owed.
           if (at_ > times.deadline) return settle(promise, times, false);
           row(promise, times, std::nullopt);
         } else if (keeps(promise, reached) && !kept_before(promise)) {
           settle(promise, times, at_ <= times.deadline);
         }
       });
}

}  // namespace baton
