#include "runtime/model/records.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "runtime/model/record_fields.hpp"

namespace baton {
namespace record_codec {

template <>
constexpr std::uint8_t kGreatest<InstanceStatus> = 4;
template <>
constexpr std::uint8_t kGreatest<TaskStatus> = 6;
template <>
constexpr std::uint8_t kGreatest<AlertTier> = 3;
template <>
constexpr std::uint8_t kGreatest<AlertStatus> = 5;

template <>
struct RecordFields<InstanceRecord> {
  static constexpr std::size_t in_version(std::uint8_t version) { return version == 1 ? 15 : 16; }
  static auto of(auto& r) {
    return std::tie(r.id, r.workflow, r.bundle, r.patient, r.business_key, r.status, r.paused, r.open_incidents,
                    r.started_at, r.closed_at, r.run_begins_at, r.parent, r.parent_seq, r.attributes, r.outcome,
                    r.added_keys);
  }
};
template <>
struct RecordFields<PendingRecord> {
  static constexpr std::size_t in_version(std::uint8_t version) { return version == 1 ? 8 : 9; }
  static auto of(auto& r) {
    return std::tie(r.instance, r.operation, r.attempt, r.since, r.workflow, r.bundle, r.patient, r.backing_off,
                    r.heartbeat);
  }
};
template <>
struct RecordFields<TaskVote> {
  static auto of(auto& r) {
    return std::tie(r.subject, r.outcome, r.value, r.at, r.role, r.authentication, r.reason_code, r.reason,
                    r.opened_at);
  }
};
template <>
struct RecordFields<TaskComment> {
  static auto of(auto& r) { return std::tie(r.subject, r.at, r.text); }
};
template <>
struct RecordFields<TaskDraft> {
  static auto of(auto& r) { return std::tie(r.value, r.at); }
};
template <>
struct RecordFields<TaskHold> {
  static auto of(auto& r) { return std::tie(r.reason, r.subject, r.since, r.until, r.condition, r.stops_clock); }
};
template <>
struct RecordFields<TaskRecord> {
  static auto of(auto& r) {
    return std::tie(r.instance, r.seq, r.name, r.workflow, r.patient, r.status, r.version, r.created_at, r.due,
                    r.closed_at, r.roles, r.subjects, r.claimed_by, r.escalations_done, r.votes, r.request, r.decision,
                    r.bundle, r.line, r.form, r.form_version, r.units, r.priority, r.owner, r.claimed_at, r.hold,
                    r.follow_up, r.clock_moved_ms, r.reminders_done, r.comments, r.drafts, r.evidence, r.changed_by,
                    r.changed_at, r.last_action);
  }
};

// A task as version 1 of its record had it.
struct VoteV1 {
  TaskVote vote;
};
struct TaskV1 {
  TaskRecord task;
  std::vector<VoteV1> votes;
};
template <>
struct RecordFields<VoteV1> {
  static auto of(auto& r) { return std::tie(r.vote.subject, r.vote.outcome, r.vote.value, r.vote.at); }
};
template <>
struct RecordFields<TaskV1> {
  static auto of(auto& v1) {
    auto& r = v1.task;
    return std::tie(r.instance, r.seq, r.name, r.workflow, r.patient, r.status, r.version, r.created_at, r.due,
                    r.closed_at, r.roles, r.subjects, r.claimed_by, r.escalations_done, v1.votes, r.request,
                    r.decision);
  }
};
template <>
struct RecordFields<AlertRecord> {
  static auto of(auto& r) {
    return std::tie(r.instance, r.number, r.name, r.condition, r.workflow, r.bundle, r.patient, r.line, r.tier,
                    r.status, r.step, r.settled_step, r.version, r.fired, r.suppressed, r.raised_at, r.show_at,
                    r.settled_at, r.settled_by, r.reason_code, r.reason, r.roles, r.subjects, r.units, r.request);
  }
};
template <>
struct RecordFields<IncidentRecord> {
  static auto of(auto& r) {
    return std::tie(r.instance, r.number, r.workflow, r.patient, r.cause, r.line, r.seq, r.opened_at, r.resolved_at,
                    r.resolution);
  }
};

}  // namespace record_codec

using record_codec::decode_record;
using record_codec::encode_record;

namespace {

constexpr std::uint8_t kInstanceVersion = 2;
constexpr std::uint8_t kPendingVersion = 2;
constexpr std::uint8_t kTaskVersion = 2;
constexpr std::uint8_t kIncidentVersion = 1;
constexpr std::uint8_t kAlertVersion = 1;

constexpr std::array kInstanceStatuses = {InstanceStatus::running, InstanceStatus::completed, InstanceStatus::failed,
                                          InstanceStatus::cancelled};
constexpr std::array kTaskStatuses = {TaskStatus::open,      TaskStatus::claimed,   TaskStatus::decided,
                                      TaskStatus::cancelled, TaskStatus::timed_out, TaskStatus::on_hold};
constexpr std::array kAlertTiers = {AlertTier::suggestion, AlertTier::queued, AlertTier::interruption};
constexpr std::array kAlertStatuses = {AlertStatus::open, AlertStatus::acknowledged, AlertStatus::dismissed,
                                       AlertStatus::corrected, AlertStatus::cleared};

template <typename Status, std::size_t N>
std::optional<Status> status_of(const std::array<Status, N>& all, std::string_view name) {
  for (const Status status : all) {
    if (to_string(status) == name) return status;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(InstanceStatus status) noexcept {
  switch (status) {
    case InstanceStatus::running: return "running";
    case InstanceStatus::completed: return "completed";
    case InstanceStatus::failed: return "failed";
    case InstanceStatus::cancelled: return "cancelled";
  }
  return "unknown";
}

std::optional<InstanceStatus> instance_status_of(std::string_view name) noexcept {
  return status_of(kInstanceStatuses, name);
}

std::string_view to_string(TaskStatus status) noexcept {
  switch (status) {
    case TaskStatus::open: return "open";
    case TaskStatus::claimed: return "claimed";
    case TaskStatus::decided: return "decided";
    case TaskStatus::cancelled: return "cancelled";
    case TaskStatus::timed_out: return "timed_out";
    case TaskStatus::on_hold: return "on_hold";
  }
  return "unknown";
}

std::optional<TaskStatus> task_status_of(std::string_view name) noexcept { return status_of(kTaskStatuses, name); }

std::string_view to_string(AlertTier tier) noexcept {
  switch (tier) {
    case AlertTier::suggestion: return "suggestion";
    case AlertTier::queued: return "queued";
    case AlertTier::interruption: return "interruption";
  }
  return "unknown";
}

std::optional<AlertTier> alert_tier_of(std::string_view name) noexcept { return status_of(kAlertTiers, name); }

std::string_view to_string(AlertStatus status) noexcept {
  switch (status) {
    case AlertStatus::open: return "open";
    case AlertStatus::acknowledged: return "acknowledged";
    case AlertStatus::dismissed: return "dismissed";
    case AlertStatus::corrected: return "corrected";
    case AlertStatus::cleared: return "cleared";
  }
  return "unknown";
}

std::optional<AlertStatus> alert_status_of(std::string_view name) noexcept { return status_of(kAlertStatuses, name); }

std::string alert_id_of(const AlertRecord& alert) { return task_id_of(alert.instance, alert.number); }

std::string task_id_of(std::string_view instance, OperationSeq seq) {
  return std::string(instance) + "." + std::to_string(seq);
}

std::optional<std::pair<std::string, OperationSeq>> parse_task_id(std::string_view id) {
  const std::size_t dot = id.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return std::nullopt;
  const std::string_view digits = id.substr(dot + 1);
  OperationSeq seq = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), seq);
  // One text for each task: no leading zero, nothing after the number.
  if (failed != std::errc() || end != digits.data() + digits.size() || seq == 0 || digits.front() == '0') {
    return std::nullopt;
  }
  return std::pair(std::string(id.substr(0, dot)), seq);
}

bool InstanceRecord::has_key(std::string_view key) const {
  return business_key == key || std::find(added_keys.begin(), added_keys.end(), key) != added_keys.end();
}

std::string encode(const InstanceRecord& record) { return encode_record(kInstanceVersion, record); }
std::string encode(const PendingRecord& record) { return encode_record(kPendingVersion, record); }
std::string encode(const TaskRecord& record) { return encode_record(kTaskVersion, record); }
std::string encode(const IncidentRecord& record) { return encode_record(kIncidentVersion, record); }
std::string encode(const AlertRecord& record) { return encode_record(kAlertVersion, record); }

template <>
Result<InstanceRecord> decode<InstanceRecord>(std::string_view bytes) {
  return decode_record<InstanceRecord>(kInstanceVersion, bytes, "an instance record");
}
template <>
Result<PendingRecord> decode<PendingRecord>(std::string_view bytes) {
  return decode_record<PendingRecord>(kPendingVersion, bytes, "a pending record");
}
template <>
Result<TaskRecord> decode<TaskRecord>(std::string_view bytes) {
  if (bytes.starts_with('\x01')) {
    auto old = decode_record<record_codec::TaskV1>(1, bytes, "a task record");
    if (!old.ok()) return old.error();
    for (record_codec::VoteV1& vote : old->votes) old->task.votes.push_back(std::move(vote.vote));
    return std::move(old->task);
  }
  return decode_record<TaskRecord>(kTaskVersion, bytes, "a task record");
}
template <>
Result<AlertRecord> decode<AlertRecord>(std::string_view bytes) {
  return decode_record<AlertRecord>(kAlertVersion, bytes, "an alert record");
}
template <>
Result<IncidentRecord> decode<IncidentRecord>(std::string_view bytes) {
  return decode_record<IncidentRecord>(kIncidentVersion, bytes, "an incident record");
}

}  // namespace baton
