// What is in the store, as records. Every answer includes every turn that was reported done before the question.
// Thread-safe; cheap to copy. Borrows the store, which must outlive it.
//
// Errors of every function: store_corrupt (a row cannot be decoded), store_version, io_failed, seal_broken, keys_unusable;
// bad_cursor where there is a cursor. What is not there is not an error. What was erased is the error `erased` to who asks
// for it by its name, and is not there for lists.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "persistence/store.hpp"
#include "runtime/model/records.hpp"

namespace rocksdb {
class Iterator;
class Snapshot;
struct ReadOptions;
}  // namespace rocksdb

namespace baton {

enum class ColumnFamily : std::uint32_t;

// Some of a listing, and where it goes on. A page may have fewer items than asked for, even none, and still go on: a
// listing looks at a bounded number of rows for each page.
template <typename T>
struct Page {
  std::vector<T> items;
  std::string cursor;  // For the next page; empty at the end. Opaque, without personal data in the clear.
};

struct JournalRow {
  EntryIndex first = 0;
  std::string row;  // decode_entries(...)
};
enum class RowForm { opened, as_stored };

// All that are given must hold.
struct InstanceFilter {
  std::optional<InstanceStatus> status;
  std::string workflow;
  std::string patient;
  std::string business_key;
  // Search attributes that have, or in an array contain, this JSON scalar; of a list, one of those in it.
  std::vector<std::pair<std::string, JsonText>> attributes;
  std::string unit = {};  // Of this one now: runtime/model/unit.hpp.
  std::optional<bool> with_incident;
  std::optional<bool> paused;
  std::optional<Instant> started_from;    // Inclusive.
  std::optional<Instant> started_before;  // Exclusive.
  bool oldest_first = false;
};

struct TaskFilter {
  // Nothing: open tasks, claimed or not, but of a patient or an instance all.
  std::optional<TaskStatus> status;
  // An inbox: tasks for any of the roles, or for the subject, or claimed by the subject.
  std::vector<std::string> roles;
  std::string subject;
  std::string patient;
  std::string instance;
  std::string workflow;
  std::optional<Instant> overdue_at;    // Open and due then or before.
  std::vector<std::string> units = {};  // For one of these units.
  // What the viewer may see: tasks of no unit, of one of these, and those that name the viewer. Nothing: of every unit.
  std::optional<std::vector<std::string>> seen_units = std::nullopt;
  std::string viewer = {};
};

struct AlertFilter {
  std::optional<AlertStatus> status;  // Nothing: open ones, but of an instance all.
  std::vector<std::string> roles;     // A queue: alerts for any of the roles, or for the subject.
  std::string subject;
  std::optional<std::vector<std::string>> seen_units;  // As of tasks.
  std::string instance;
  std::string name;
  std::optional<AlertTier> tier;
  std::optional<Instant> shown_by;     // Only those that are to be shown by then.
  std::optional<Instant> raised_from;  // Of those that are settled: raised then or later.
};

struct StoreCounts {
  std::map<std::string, std::map<InstanceStatus, std::uint64_t>> instances;  // By workflow.
  std::map<std::string, std::uint64_t> open_tasks;                           // By workflow.
  std::map<std::string, std::uint64_t> open_incidents;                       // By workflow.
  std::map<std::string, std::uint64_t> messages;                             // By state.
};

// The rows of an instance in the family pending.
struct PendingRows {
  std::vector<PendingRecord> records;  // In the order of their operations.
  bool activities_marked = false;      // Its journal tells of open activities that have no row.
};

class StoreReader {
 public:
  explicit StoreReader(const Store& store) : store_(&store) {}
  // A reader that stays at this moment, for looking at everything at once. Holds back nothing but disk space.
  [[nodiscard]] StoreReader snapshot() const;

  // ---- instances ----
  [[nodiscard]] Result<std::optional<InstanceRecord>> instance(std::string_view id) const;
  // The rows that hold the entries from `from` on, in order; the first may begin before it. At most `limit` rows. As they
  // are stored they have the hashes that the ledger names.
  [[nodiscard]] Result<std::vector<JournalRow>> journal(std::string_view instance, EntryIndex from = 0,
                                                        std::size_t limit = SIZE_MAX,
                                                        RowForm form = RowForm::opened) const;
  // The journal of its current run.
  [[nodiscard]] Result<std::vector<Entry>> run(const InstanceRecord& record) const;
  // Newest first unless the filter says otherwise.
  [[nodiscard]] Result<Page<InstanceRecord>> list_instances(const InstanceFilter& filter, std::string_view cursor,
                                                            std::size_t limit) const;
  // Ids of the children that a parent has started, in the order of their operations.
  [[nodiscard]] Result<std::vector<std::string>> children(std::string_view parent) const;
  // Every instance, in the order of ids. The cursor is the last id.
  [[nodiscard]] Result<Page<InstanceRecord>> all_instances(std::string_view after_id, std::size_t limit) const;

  // ---- operations and timers ----
  [[nodiscard]] Result<std::optional<PendingRecord>> pending(std::string_view instance, OperationSeq seq) const;
  // In the order of their operations, whether they have rows or the journal tells of them.
  [[nodiscard]] Result<std::vector<PendingRecord>> pending_of(std::string_view instance) const;
  [[nodiscard]] Result<PendingRows> pending_rows_of(std::string_view instance) const;
  // The open activities that have none of these rows: only the journal tells of them. None when the instance was erased.
  [[nodiscard]] Result<std::vector<PendingRecord>> journaled_activities(std::string_view instance,
                                                                        const std::vector<PendingRecord>& rows) const;
  // Of all, one after the other: for recovery. `limit` counts rows; a journal is one. What is damaged is passed over: a row, a journal, a block.
  [[nodiscard]] Result<Page<PendingRecord>> all_pending(std::string_view cursor, std::size_t limit) const;
  // Timers due at `until` or before, earliest first, those after `after` only. Give the last timer that was handled as
  // `after`: a scan from the beginning walks over what was deleted.
  [[nodiscard]] Result<std::vector<TimerRecord>> timers(const std::optional<TimerRecord>& after, Instant until,
                                                        std::size_t limit) const;
  [[nodiscard]] Result<std::optional<TimerRecord>> next_timer() const;

  // ---- tasks and incidents ----
  [[nodiscard]] Result<std::optional<TaskRecord>> task(std::string_view instance, OperationSeq seq) const;
  [[nodiscard]] Result<std::vector<TaskRecord>> tasks_of(std::string_view instance) const;
  [[nodiscard]] Result<std::vector<TaskRecord>> open_tasks_of(std::string_view instance) const;
  // Open tasks by due time, closed ones and those of a patient newest first, those of an instance by seq.
  [[nodiscard]] Result<Page<TaskRecord>> list_tasks(const TaskFilter& filter, std::string_view cursor,
                                                    std::size_t limit) const;
  [[nodiscard]] Result<std::vector<AlertRecord>> alerts_of(std::string_view instance) const;
  // Open ones in the order in which they are to be shown, all others newest first.
  [[nodiscard]] Result<Page<AlertRecord>> list_alerts(const AlertFilter& filter, std::string_view cursor,
                                                      std::size_t limit) const;
  [[nodiscard]] Result<std::optional<AlertRecord>> alert(std::string_view instance, std::uint32_t number) const;
  [[nodiscard]] Result<std::optional<IncidentRecord>> incident(std::string_view instance, std::uint32_t number) const;
  [[nodiscard]] Result<std::vector<IncidentRecord>> incidents_of(std::string_view instance) const;
  // Oldest first.
  [[nodiscard]] Result<Page<IncidentRecord>> open_incidents(std::string_view cursor, std::size_t limit) const;

  // ---- messages between actors ----
  [[nodiscard]] Result<Page<OutboxRecord>> outbox(std::string_view cursor, std::size_t limit) const;
  [[nodiscard]] Result<std::vector<OutboxRecord>> outbox_to(const Address& to) const;
  // What waits for somebody, in the order of keys, without holding it all.
  struct OutboxSummary {
    std::map<Address, std::uint64_t> last;  // The highest seq of each sender.
    std::optional<OutboxRecord> beginning;  // The first that begins an instance.
  };
  [[nodiscard]] Result<OutboxSummary> outbox_summary(const Address& to) const;
  // Of one sender's rows to somebody those up to this one.
  [[nodiscard]] Result<std::vector<OutboxRecord>> outbox_up_to(const OutboxRecord& record) const;

  // ---- people and what came in ----
  [[nodiscard]] Result<std::optional<PatientRecord>> patient(std::string_view id) const;
  // The same for who asks about a person: a case that was acknowledged makes its patient known. Until the patient's actor
  // has heard of it the record has nothing but the id.
  [[nodiscard]] Result<std::optional<PatientRecord>> known_patient(std::string_view id) const;
  // By the id or by the pseudonym that stands for it on disk: the id. Nothing when nobody has it, or who had it was erased.
  [[nodiscard]] Result<std::optional<std::string>> patient_behind(std::string_view pseudonym) const;
  // Patients that have the identifier now. Its type is not compared.
  [[nodiscard]] Result<std::vector<PatientRecord>> patients_with(const Identifier& identifier) const;
  [[nodiscard]] Result<Page<PatientRecord>> all_patients(std::string_view after_id, std::size_t limit) const;
  [[nodiscard]] Result<std::optional<EventRecord>> event(std::string_view id) const;
  // Newest first, by when it occurred.
  [[nodiscard]] Result<Page<EventRecord>> timeline(std::string_view patient, std::string_view cursor,
                                                   std::size_t limit) const;
  [[nodiscard]] Result<std::optional<MessageRecord>> message(std::string_view source,
                                                             std::string_view message_id) const;
  // "accepted" or "quarantined", newest first.
  [[nodiscard]] Result<Page<MessageRecord>> messages(std::string_view state, std::string_view cursor,
                                                     std::size_t limit) const;

  // ---- the rest ----
  [[nodiscard]] Result<std::optional<std::string>> named(std::string_view space, std::string_view key) const;
  // Rows of the space whose keys begin with `prefix`, in order of keys, those after `after` only.
  [[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> named_all(std::string_view space,
                                                                                   std::string_view prefix = {},
                                                                                   std::string_view after = {},
                                                                                   std::size_t limit = SIZE_MAX) const;
  [[nodiscard]] Result<StoreCounts> counts() const;

  [[nodiscard]] const Store& store() const { return *store_; }
  // For the files of this box.
  [[nodiscard]] rocksdb::ReadOptions read_options() const;

 private:
  [[nodiscard]] const KeyStore* keys() const { return store_->keys(); }
  [[nodiscard]] Address on_disk(const Address& address) const;  // As it stands in keys.
  // What one row of the family tells of.
  [[nodiscard]] Status add_pending(std::string_view key, std::string_view value, std::vector<PendingRecord>& out) const;
  [[nodiscard]] Result<std::optional<std::string>> get(ColumnFamily family, std::string_view key) const;
  template <typename Record>
  [[nodiscard]] Result<std::optional<Record>> find(ColumnFamily family, std::string_view key) const;
  template <typename Record>
  [[nodiscard]] Result<std::vector<Record>> of_instance(ColumnFamily family, std::string_view instance) const;
  // Records in the order of their keys, from the first above `after` on, while the key has `prefix`.
  template <typename Record>
  [[nodiscard]] Result<std::vector<Record>> scan(ColumnFamily family, std::string_view prefix, std::string_view after,
                                                 std::size_t limit, std::string* last_key) const;
  template <typename Record>
  [[nodiscard]] Result<Page<Record>> pages(ColumnFamily family, std::string_view cursor, std::size_t limit) const;

  const Store* store_;
  std::shared_ptr<const rocksdb::Snapshot> snapshot_;
};

// Whether the units of a filter's viewer let them see the task.
[[nodiscard]] bool may_see_task(const TaskFilter& filter, const TaskRecord& record);

}  // namespace baton
