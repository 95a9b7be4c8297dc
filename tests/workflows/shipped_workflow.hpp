// The shipped workflows on the real engine, turn by turn: warm, or with a crash after every turn. Other systems answer at once.
#pragma once

#include <gmock/gmock.h>

#include <algorithm>

#include "runtime/script/standard_library.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace baton {

inline Duration days(std::int64_t count) { return Duration{kDay.ms * count}; }

class ShippedWorkflow : public InstanceFixture, public testing::WithParamInterface<bool> {
 protected:
  ShippedWorkflow() {
    bundle_ = programs_.deploy(shipped_bundle());
    instance_ = std::make_unique<Instance>("i1", programs_);
    now_ = parse_instant("2026-03-02T14:00:00Z").value();
  }

  static JsonText event_json(const std::string& type, const std::string& encounter, const std::string& at,
                             const JsonText& data) {
    return R"({"type":")" + type +
           R"(","patient":{"identifiers":[{"system":"T","value":"P1","type":"MR"}]},"encounter":")" + encounter +
           R"(","occurred_at":")" + at + R"(","data":)" + data + "}";
  }
  void turn(InstanceMessage message) {
    when(std::move(message));
    if (GetParam()) crash();
  }
  void starts_with(const std::string& type, const JsonText& data) {
    starts("discharge",
           R"({"patient":"p1","encounter":"E1","event":)" + event_json(type, "E1", format_instant(now_), data) + "}",
           "E1");
  }
  void starts(const std::string& workflow, const JsonText& input, const std::string& key) {
    turn(StartInstance{workflow, bundle_, input, "p1", key, 7, {}, 1});
    settle();
  }
  void hears(const std::string& type, const JsonText& data = "{}", const std::string& encounter = "E1") {
    const DeliverEvent event{"e" + std::to_string(++delivered_), type,
                             event_json(type, encounter, format_instant(now_), data)};
    turn(TakeDelivery{{{ActorKind::patient, "p1"}, {ActorKind::instance, "i1"}, delivered_, event}});
    settle();
  }
  // Answers every activity that is under way, as a hospital where all is well.
  void settle() {
    for (;;) {
      const auto found = std::find_if(pending_.begin(), pending_.end(), [](const auto& each) {
        return each.second.operation.kind == OperationKind::activity;
      });
      if (found == pending_.end()) return;
      const PendingRecord pending = found->second;
      ++calls_[pending.operation.name];
      turn(FinishActivity{pending.operation.seq, pending.attempt, Outcome::of(answer(pending.operation.name)),
                          std::nullopt, true});
    }
  }
  static JsonText answer(const std::string& activity) {
    if (activity == "ehr.summary_status") return R"({"complete":true})";
    if (activity.starts_with("notices.") || activity.starts_with("referrals.")) return R"({"acknowledged":true})";
    return "[]";
  }
  void signal(const std::string& name, const JsonText& payload) {
    turn(SendSignal{name, payload, "m" + std::to_string(++delivered_), {}, 5});
    settle();
  }
  void decide(const std::string& name, const std::string& outcome, const JsonText& value = {}) {
    for (const auto& [seq, task] : tasks_) {
      if (task.name != name || !task.open_for_decision()) continue;
      Principal nurse;
      nurse.subject = "nurse";
      nurse.role = task.roles.empty() ? "nurse" : task.roles.front();
      ActOnTask decision{seq, "decide", std::nullopt, "", outcome, value, "", "", nurse, 9};
      decision.units = task.units;
      turn(decision);
      settle();
      return;
    }
    FAIL() << "no open task " << name;
  }
  void skip(Duration length) {
    const Instant until = now_ + length;
    while (!timers_.empty() && timers_.begin()->due <= until) {
      const TimerRecord timer = *timers_.begin();
      now_ = std::max(now_, timer.due);
      turn(FireTimer{timer});
      settle();
    }
    now_ = until;
  }
  std::vector<std::string> open_tasks() const {
    std::vector<std::string> names;
    for (const auto& [seq, task] : tasks_) {
      if (task.open_for_decision()) names.push_back(task.name);
    }
    return names;
  }
  JsonText attribute(const std::string& name) const {
    const auto found = record_->attributes.find(name);
    return found == record_->attributes.end() ? JsonText() : found->second;
  }

  std::uint64_t delivered_ = 0;
  std::map<std::string, int> calls_;
};

}  // namespace baton
