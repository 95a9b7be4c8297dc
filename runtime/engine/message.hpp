// Everything that can reach a workflow instance, one struct a message, in the imperative. Pure data.
//
// `reply_to` is a token of whoever asked; 0 means that nobody waits. The engine answers each token exactly once: in the
// turn's replies (after the commit), or at once where nothing had to be written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "runtime/model/records.hpp"

namespace baton {

struct StartInstance {
  std::string workflow;
  std::string bundle;  // SHA-256, hex; never empty here: the caller has chosen the live one.
  JsonText input;
  std::string patient;
  std::string business_key;
  std::uint64_t seed = 0;
  Principal by;
  std::uint64_t reply_to = 0;
};
struct SendSignal {
  std::string name;
  JsonText payload;
  std::string message_id;  // The same id again is answered, and has no second effect.
  Principal by;
  std::uint64_t reply_to = 0;
  std::optional<Instant> occurred_at = {};  // Entered late: when it happened.
};
struct SendUpdate {
  std::string name;
  JsonText payload;
  std::string update_id;
  Principal by;
  std::uint64_t reply_to = 0;
};
struct RunQuery {
  std::string name;
  JsonText arguments;
  std::uint64_t reply_to = 0;
};
struct CancelInstance {
  std::string reason;
  Principal by;
  std::uint64_t reply_to = 0;
};
// action: claim release delegate resolve reassign comment save hold resume remind decide
struct ActOnTask {
  OperationSeq seq = 0;
  std::string action;
  std::optional<std::uint32_t> version;  // The task version the person saw; another one is a conflict.
  std::string to;                        // For delegate and reassign: a subject.
  std::string outcome;                   // For decide.
  JsonText value;                        // Form values, comment or draft.
  std::string reason_code;
  std::string reason;
  Principal by;
  std::uint64_t reply_to = 0;
  // Who the person is besides, as the gateway has established it.
  std::vector<std::string> units;           // Theirs, and of those whom they stand in for.
  std::vector<std::string> covers;          // Whom they stand in for now.
  bool every_unit = false;                  // Units do not bind them.
  bool assigns = false;                     // They may hand out others' tasks.
  std::string shift;                        // In which they are on duty; empty when no rota says.
  std::optional<Instant> opened_at;         // For decide: when they began to look.
  std::optional<Instant> until;             // For hold and remind.
  std::string condition;                    // For hold: the type of an event that ends it.
  bool stops_clock = true;                  // For hold.
  std::optional<Instant> occurred_at = {};  // For decide: entered late, when it was decided.
};
// action: acknowledge dismiss correct
struct ActOnAlert {
  std::uint32_t number = 0;
  std::string action;
  std::optional<std::uint32_t> version;
  std::string reason_code;
  std::string reason;
  JsonText data;
  Principal by;
  std::uint64_t reply_to = 0;
  std::vector<std::string> units;
  bool every_unit = false;
};
struct OverrideOutcome {
  std::string target;  // Key of a decision or task, or its name when that is unique.
  JsonText after;
  std::string reason_code;
  std::string reason;  // Mandatory.
  Principal by;
  std::uint64_t reply_to = 0;
};
struct ResolveIncident {
  std::uint32_t number = 0;
  IncidentAction action = IncidentAction::retry;
  JsonText value;
  EntryIndex rewind_to = 0;
  std::string reason;
  Principal by;
  std::uint64_t reply_to = 0;
  std::optional<JsonText> input = {};  // For retry: what the activity is given from now on.
  std::string step = {};               // For rewind: to where this was asked for, by key or name, instead of rewind_to.
};
// One that is paused already stays as it is.
struct PauseInstance {
  std::string reason;
  Principal by;
  std::uint64_t reply_to = 0;
  std::string timers = {};  // "run" (also when empty), "freeze" or "on_resume"; see verbs/pause.cpp.
  std::string cause = {};   // The standing pause or batch that it belongs to; empty: by hand.
};
struct ResumeInstance {
  std::string reason;
  Principal by;
  std::uint64_t reply_to = 0;
  std::string cause = {};  // Only what this has paused; empty: whatever has.
};
struct SettlePromise {
  OperationSeq seq = 0;
  Outcome outcome;
  Principal by;
  std::uint64_t reply_to = 0;
};
struct ChangeBundle {  // Move to another bundle; refused when the replay there does not agree.
  std::string to;
  Principal by;
  std::uint64_t reply_to = 0;
};
// One step of a batch: does to the instance what `action` asks, and leaves a row that stands exactly when that is durable,
// so that a batch that goes on after a crash knows what it has done. An action that changes nothing leaves none.
struct ActInBatch {
  std::string batch;  // Its id; the audit records of the action are a part of "batch/<id>".
  std::string mark;   // Key of the row, in the space "batch_marks". Its value is {"before":..}: what undoing needs.
  std::variant<CancelInstance, ResolveIncident, PauseInstance, ResumeInstance, SendSignal, ChangeBundle, ActOnTask>
      action;
  std::uint64_t reply_to = 0;
};
// From a worker. An attempt that is not the current one is ignored.
struct FinishActivity {
  OperationSeq seq = 0;
  std::uint32_t attempt = 0;
  Outcome outcome;                      // value, failed or timed_out.
  std::optional<Duration> retry_after;  // As the other side asked.
  bool retryable = true;
  JsonText heartbeat = {};  // What the attempt last said of its progress; empty when it said nothing.
};
// From a worker, now and then while an attempt runs: what it has said of its progress, so that a crash does not lose it.
struct KeepHeartbeat {
  OperationSeq seq = 0;
  std::uint32_t attempt = 0;
  JsonText details;
};
struct FireTimer {
  TimerRecord timer;
};
struct TakeDelivery {  // An outbox row of another actor, addressed to this one.
  OutboxRecord record;
};

using InstanceMessage =
    std::variant<StartInstance, SendSignal, SendUpdate, RunQuery, CancelInstance, ActOnTask, OverrideOutcome,
                 ResolveIncident, PauseInstance, ResumeInstance, SettlePromise, ActOnAlert, ChangeBundle, ActInBatch,
                 FinishActivity, KeepHeartbeat, FireTimer, TakeDelivery>;

}  // namespace baton
