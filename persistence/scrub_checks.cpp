#include "persistence/scrub_checks.hpp"

#include <algorithm>

#include "persistence/index_rows.hpp"
#include "persistence/keys/pseudonym.hpp"
#include "persistence/rocks.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/own_document.hpp"

namespace baton::scrub {
namespace {

// Unreadable rows are findings; that the store cannot be read at all is not.
template <typename T>
bool readable(const Result<T>& result, std::string_view subject, Findings& out) {
  if (result.ok()) return true;
  out.push_back({FindingKind::unreadable, std::string(subject), result.error().detail});
  return false;
}

Result<bool> row_exists(const StoreReader& at, ColumnFamily family, std::string_view key) {
  const Rocks& rocks = at.store().rocks();
  rocksdb::PinnableSlice value;
  const rocksdb::Status found = rocks.seen().Get(at.read_options(), rocks.family(family), slice(key), &value);
  if (found.ok()) return true;
  if (found.IsNotFound()) return false;
  return read_error(rocks, found, "the store cannot be read");
}

template <typename Record>
Status check_indexed(const StoreReader& at, const Record& record, const std::string& subject, Findings& out) {
  for (const std::string& key : index_keys(record, at.store().pseudonyms())) {
    const auto there = row_exists(at, ColumnFamily::index, key);
    if (!there.ok()) return there.error();
    if (!*there) {
      out.push_back({FindingKind::missing_index, subject,
                     "index " + std::to_string(static_cast<unsigned char>(key.front())) + " does not lead to it"});
    }
  }
  return success();
}

// Whether anything waits with an instance that is not there or is closed.
Status expect_open(const StoreReader& at, const std::string& instance, const std::string& what, Findings& out) {
  const auto record = at.instance(instance);
  if (!record.ok()) return record.error();
  if (*record && (*record)->open()) return success();
  out.push_back(
      {FindingKind::orphan, instance, what + (*record ? " of a closed instance" : " of an unknown instance")});
  return success();
}

// Events come to patients, and to a case about nobody only those of overrides.
bool may_end(const PendingRecord& pending, const InstanceRecord& record) {
  const Operation& asked = pending.operation;
  if (asked.kind != OperationKind::event_wait || asked.due || !record.patient.empty()) return true;
  return asked.request.find("override") != std::string::npos || asked.request.find('*') != std::string::npos;
}

Result<bool> has_wake_cause(const StoreReader& at, const InstanceRecord& record) {
  if (record.paused) return true;
  const auto pending = at.pending_rows_of(record.id);
  if (!pending.ok()) return pending.error();
  const auto ends = [&record](const PendingRecord& each) { return may_end(each, record); };
  if (pending->activities_marked || std::ranges::any_of(pending->records, ends)) return true;
  const auto tasks = at.open_tasks_of(record.id);
  if (!tasks.ok()) return tasks.error();
  if (!tasks->empty()) return true;
  if (record.open_incidents > 0) return true;
  const auto messages = at.outbox_to({ActorKind::instance, record.id});
  if (!messages.ok()) return messages.error();
  return !messages->empty();
}

Status check_incident_count(const StoreReader& at, const InstanceRecord& record, Findings& out) {
  const auto incidents = at.incidents_of(record.id);
  if (!incidents.ok()) return incidents.error();
  const auto open = std::ranges::count_if(*incidents, [](const auto& incident) { return !incident.resolved_at; });
  // A closed instance keeps the number that it had.
  if (!record.open() || static_cast<std::uint32_t>(open) == record.open_incidents) return success();
  out.push_back({FindingKind::wrong_count, record.id,
                 "says " + std::to_string(record.open_incidents) + " open incidents, has " + std::to_string(open)});
  return success();
}

// When the journal says that the operation's next attempt is due.
Result<std::optional<Instant>> retry_at(const StoreReader& at, const PendingRecord& pending) {
  const auto rows = at.journal(pending.instance);
  if (!rows.ok()) return rows.error();
  std::optional<Instant> due;
  for (const JournalRow& row : *rows) {
    const auto entries = decode_entries(row.row);
    if (!entries.ok()) return entries.error();
    for (const Entry& entry : *entries) {
      const auto* const failed = std::get_if<AttemptFailed>(&entry.body);
      if (failed != nullptr && failed->seq == pending.operation.seq) due = failed->retry_at;
      const auto* const moved = std::get_if<TimersMoved>(&entry.body);
      if (moved != nullptr && due && pending.operation.seq < moved->before_seq) due = *due + Duration{moved->by_ms};
    }
  }
  return due;
}

// Whether any merge is on its way. Which of them ends whose wait is the patients' business: a hand-over may pass through
// several records.
Result<bool> hands_over_something(const StoreReader& at) {
  constexpr std::size_t kPage = 500;
  std::string cursor;
  do {
    const auto page = at.outbox(cursor, kPage);
    if (!page.ok()) return page.error();
    for (const OutboxRecord& record : page->items) {
      if (std::holds_alternative<MergeInto>(record.body) || std::holds_alternative<TakeOver>(record.body)) return true;
    }
    cursor = page->cursor;
  } while (!cursor.empty());
  return false;
}

// An operator has it, not a timer.
Result<bool> has_incident(const StoreReader& at, const PendingRecord& pending) {
  const auto incidents = at.incidents_of(pending.instance);
  if (!incidents.ok()) return incidents.error();
  return std::ranges::any_of(*incidents, [&](const IncidentRecord& incident) {
    return !incident.resolved_at && incident.seq == pending.operation.seq;
  });
}

Status expect_timer(const StoreReader& at, const PendingRecord& pending, Instant due,
                    std::initializer_list<TimerPurpose> purposes, Findings& out) {
  for (const TimerPurpose purpose : purposes) {
    const auto there =
        row_exists(at, ColumnFamily::timers, keys::timer({due, pending.instance, pending.operation.seq, purpose}));
    if (!there.ok()) return there.error();
    if (*there) return success();
  }
  out.push_back({FindingKind::missing_timer, pending.instance,
                 "operation " + std::to_string(pending.operation.seq) + " waits for " + format_instant(due)});
  return success();
}

// That whatever waits for a time has a timer for it.
Status check_wait(const StoreReader& at, const PendingRecord& record, Findings& out) {
  // A pause may have taken the timers; its end gives them back.
  const auto instance = at.instance(record.instance);
  if (!instance.ok()) return instance.error();
  if (*instance && (*instance)->paused) return success();
  if (record.operation.due) {
    const Status timed = expect_timer(at, record, *record.operation.due,
                                      {TimerPurpose::operation_due, TimerPurpose::schedule_to_close}, out);
    if (!timed.ok()) return timed;
  }
  if (!record.backing_off) return success();
  const auto failed = has_incident(at, record);
  if (!failed.ok()) return failed.error();
  if (*failed) return success();
  const auto due = retry_at(at, record);
  if (!due.ok()) return due.error();
  return expect_timer(at, record, due->value_or(Instant{0}), {TimerPurpose::retry}, out);
}

// An instance with open activities that have no row. Those that have one are checked there.
Status check_mark(const StoreReader& at, const std::string& instance, Findings& out) {
  const std::string what = "the mark of open activities";
  if (const Status open = expect_open(at, instance, what, out); !open.ok()) return open;
  const auto rows = at.pending_rows_of(instance);
  if (!rows.ok()) return rows.error();
  const auto activities = at.journaled_activities(instance, rows->records);
  if (!activities.ok()) return activities.error();
  for (const PendingRecord& each : *activities) {
    if (const Status checked = check_wait(at, each, out); !checked.ok()) return checked;
  }
  if (activities->empty()) {
    out.push_back({FindingKind::orphan, instance, what + ", and its journal has none without a row"});
  }
  return success();
}

}  // namespace

Status check_instance(const StoreReader& at, std::string_view key, std::string_view value, Findings& out) {
  const auto record = decode<InstanceRecord>(value);
  if (!readable(record, key, out)) return success();
  if (record->open()) {
    const auto awake = has_wake_cause(at, *record);
    if (!awake.ok()) return awake.error();
    if (!*awake) out.push_back({FindingKind::stuck_instance, record->id, "is open and nothing will wake it"});
  }
  if (const Status counted = check_incident_count(at, *record, out); !counted.ok()) return counted;
  return check_indexed(at, *record, record->id, out);
}

Status check_journal(const StoreReader& at, std::string_view key, std::string_view value, Findings& out) {
  const auto place = keys::parse_in_instance(key);
  const auto entries = decode_entries(value);
  if (!place || !entries.ok()) {
    out.push_back({FindingKind::unreadable, place ? place->instance : "journal", "a journal row cannot be decoded"});
    return success();
  }
  // The row before this one ends where this one begins.
  if (place->number == 0) return success();
  const auto before = at.journal(place->instance, place->number - 1, 1);
  // A case that changed hands by a merge, whose former person was erased.
  if (!before.ok() && before.error().code == ErrorCode::erased) return success();
  if (!before.ok()) return before.error();
  EntryIndex expected = 0;
  if (!before->empty() && before->front().first < place->number) {
    const auto earlier = decode_entries(before->front().row);
    if (!earlier.ok()) return success();  // Found at that row.
    expected = before->front().first + static_cast<EntryIndex>(earlier->size());
  }
  if (expected != place->number) {
    out.push_back({FindingKind::journal_gap, place->instance,
                   "a row begins at entry " + std::to_string(place->number) + ", the one before ends at " +
                       std::to_string(expected)});
  }
  return success();
}

Status check_pending(const StoreReader& at, std::string_view key, std::string_view value, Findings& out) {
  const auto place = keys::parse_in_instance(key);
  if (place && place->number == keys::kActivitiesMark) return check_mark(at, place->instance, out);
  const auto record = decode<PendingRecord>(value);
  if (!readable(record, key, out)) return success();
  const std::string what = "operation " + std::to_string(record->operation.seq);
  if (const Status open = expect_open(at, record->instance, what, out); !open.ok()) return open;
  return check_wait(at, *record, out);
}

Status check_timer(const StoreReader& at, std::string_view key, std::string_view, Findings& out) {
  const auto timer = keys::parse_timer(key);
  if (!timer) {
    out.push_back({FindingKind::unreadable, "timer", "a timer's key cannot be read"});
    return success();
  }
  const std::string what = "timer of operation " + std::to_string(timer->seq);
  if (const Status open = expect_open(at, timer->instance, what, out); !open.ok()) return open;
  if (timer->purpose == TimerPurpose::run_timeout) return success();
  const std::string place = keys::in_instance(timer->instance, timer->seq);
  const auto row = row_exists(at, ColumnFamily::pending, place);
  if (!row.ok()) return row.error();
  if (*row) return success();
  const auto task = at.task(timer->instance, timer->seq);
  if (!task.ok()) return task.error();
  if (*task && (*task)->open_for_decision()) return success();
  const auto activity = at.pending(timer->instance, timer->seq);
  if (!activity.ok()) return activity.error();
  if (*activity) return success();
  out.push_back({FindingKind::orphan, timer->instance, what + ", which waits for nothing"});
  return success();
}

Status check_task(const StoreReader& at, std::string_view key, std::string_view value, Findings& out) {
  const auto record = decode<TaskRecord>(value);
  if (!readable(record, key, out)) return success();
  if (record->open_for_decision()) {
    const std::string what = "task " + std::to_string(record->seq);
    if (const Status open = expect_open(at, record->instance, what, out); !open.ok()) return open;
  }
  return check_indexed(at, *record, task_id_of(record->instance, record->seq), out);
}

Status check_incident(const StoreReader& at, std::string_view key, std::string_view value, Findings& out) {
  const auto record = decode<IncidentRecord>(value);
  if (!readable(record, key, out)) return success();
  if (!record->resolved_at) {
    const std::string what = "incident " + std::to_string(record->number);
    if (const Status open = expect_open(at, record->instance, what, out); !open.ok()) return open;
  }
  return check_indexed(at, *record, record->instance + "." + std::to_string(record->number), out);
}

Status check_outbox(const StoreReader& at, std::string_view key, std::string_view value, Findings& out) {
  const auto record = decode<OutboxRecord>(value);
  if (!readable(record, key, out)) return success();
  // These make their receiver where there is none; and a script may tell whom it likes: a signal to nobody is discarded, with a
  // record, when it is taken.
  if (std::holds_alternative<StartWorkflow>(record->body) || record->to.kind == ActorKind::patient) return success();
  if (std::holds_alternative<DeliverSignal>(record->body)) return success();
  const auto there = row_exists(at, ColumnFamily::instances, record->to.id);
  if (!there.ok()) return there.error();
  if (*there) return success();
  // Unless a message that waits before it does.
  const auto waiting = at.outbox_summary(record->to);
  if (!waiting.ok()) return waiting.error();
  if (!waiting->beginning) {
    out.push_back({FindingKind::lost_receiver, record->to.id,
                   "message " + std::to_string(record->seq) + " from " + record->from.id + " has no receiver"});
  }
  return success();
}

Status check_patient(const StoreReader& at, std::string_view key, std::string_view value, Findings& out) {
  const auto record = decode<PatientRecord>(value);
  if (!readable(record, key, out)) return success();
  if (!record->awaited.empty() || !record->held.empty()) {
    const auto coming = hands_over_something(at);
    if (!coming.ok()) return coming.error();
    if (!*coming) out.push_back({FindingKind::stuck_patient, record->id, "waits for a merge that nobody hands over"});
  }
  return check_indexed(at, *record, record->id, out);
}

Status check_event(const StoreReader& at, std::string_view key, std::string_view value, Findings& out) {
  const auto record = decode<EventRecord>(value);
  if (!readable(record, key, out)) return success();
  return check_indexed(at, *record, record->id, out);
}

Status check_message(const StoreReader& at, std::string_view, std::string_view value, Findings& out) {
  const auto record = decode<MessageRecord>(value);
  if (!readable(record, "message", out)) return success();
  return check_indexed(at, *record, record->message_id, out);
}

// Of the rows of many owners the alerts are records; all others only have to open.
Status check_named(const StoreReader& at, std::string_view key, std::string_view value, Findings& out) {
  if (!key.starts_with(keys::named("alerts", {}))) return success();
  const auto record = decode<AlertRecord>(value);
  if (!readable(record, "alert", out)) return success();
  if (record->open()) {
    const std::string what = "alert " + std::to_string(record->number);
    if (const Status open = expect_open(at, record->instance, what, out); !open.ok()) return open;
  }
  return check_indexed(at, *record, record->instance + "." + std::to_string(record->number), out);
}

Status check_leaf(const StoreReader& at, std::uint64_t index, std::string_view leaf, Findings& out) {
  const auto parsed = parse_own_document(leaf);
  if (!parsed.ok() || !parsed->is_object()) return success();  // The ledger's own scrubber speaks of leaves.
  const auto* const journal = parsed->get_object().if_contains("journal");
  const auto* const instance = parsed->get_object().if_contains("instance");
  if (journal == nullptr || instance == nullptr || !journal->is_string() || !instance->is_string()) return success();
  const std::string_view text = journal->get_string();  // "<first>+<count>:<hash>"
  const std::string id(instance->get_string());
  const EntryIndex first = static_cast<EntryIndex>(std::strtoul(std::string(text).c_str(), nullptr, 10));
  const auto rows = at.journal(id, first, 1, RowForm::as_stored);
  if (!rows.ok()) return rows.error();
  const std::string_view hash = text.substr(std::min(text.size(), text.find(':') + 1));
  const bool same = !rows->empty() && rows->front().first == first && to_hex(sha256(rows->front().row)) == hash;
  if (!same) {
    out.push_back({FindingKind::ledger_mismatch, id,
                   "audit record " + std::to_string(index) + " does not agree with the journal from entry " +
                       std::to_string(first)});
  }
  return success();
}

}  // namespace baton::scrub
