// The keys on disk. The only file that knows them. Pure.
//
// A row lives in a column family; families and index kinds have numbers that are never reused. Parts of a key:
//
//   text   = bytes with 0x00 as 0x01 0x01 and 0x01 as 0x01 0x02, then 0x00. The order of texts is kept, and no text is
//            a prefix of another, so "all rows of this instance" is one range.
//   id     = bytes as they are; only as the last part of a key.
//   time   = u64be(milliseconds xor 2^63): order on disk is order in time, before 1970 too.
//   u32, u64 = big-endian.
//
// Every row is written by the committer (turn_writer.cpp) in the batch of its turn, unless its line says otherwise.
// Where a part says who somebody is (patient, identifier, business key, value of an attribute), its keyed pseudonym stands in
// the key (keys/pseudonym.hpp): whoever makes the key puts it there.
//
// docs/formats/keys.md says this in prose.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/model/records.hpp"

namespace baton {

// The number is RocksDB's id of the family; Store::open creates them in this order and checks it.
enum class ColumnFamily : std::uint32_t {
  // Named single rows (meta_key). Written by Store::open, the committer and the commit log. Never deleted.
  meta = 0,
  // id(instance) -> InstanceRecord. Never deleted.
  instances = 1,
  // text(instance) u32(index of the first entry) -> entries of one turn. Never changed, never deleted.
  journal = 2,
  // text(instance) u32(seq) -> PendingRecord. Deleted in the turn that resolves the operation.
  // text(instance) u32(0) -> mark: the journal tells of open activities that have no row. Deleted in the turn that leaves none.
  pending = 3,
  // time(due) text(instance) u32(seq) u8(purpose) -> u8(version). Deleted in the turn that takes or drops the timer.
  timers = 4,
  // text(instance) u32(seq) -> TaskRecord. Never deleted.
  tasks = 5,
  // text(instance) u32(number) -> IncidentRecord. Never deleted.
  incidents = 6,
  // u8(kind) text(receiver) u8(kind) text(sender) u64(seq) -> OutboxRecord. Deleted in the receiver's turn.
  outbox = 7,
  // id(patient) -> PatientRecord. Never deleted.
  patients = 8,
  // id(event) -> EventRecord. Never deleted.
  events = 9,
  // text(source) id(message id) -> MessageRecord. Never deleted.
  messages = 10,
  // u8(space) id(key) -> bytes of their owner. Deleted by their owner.
  named = 11,
  // u8(index) ... -> nothing, but for the ledger's; see Index. Written and deleted with the record they lead to.
  index = 12,
  // The ledger's rows, see ledger/ledger_rows.hpp. Checkpoints are written by their signer. Records go by pruning alone.
  audit = 13,
};
constexpr std::size_t kColumnFamilies = 14;
// Rows of this family may be deleted as a range; of the others one by one (rocks.cpp says why).
constexpr bool takes_ranges(ColumnFamily family) { return family == ColumnFamily::audit; }

// RocksDB's name of the family.
[[nodiscard]] std::string_view name_of(ColumnFamily family) noexcept;

// `order` below is how an index sorts, and what the cursor of a listing holds.
enum class Index : std::uint8_t {
  // text(workflow) u8(status), order: time(started) id(instance)
  instances_by_workflow = 1,
  // text(patient), order: time(started) id(instance)
  instances_by_patient = 2,
  // text(business key) text(workflow), order: time(started) id(instance)
  instances_by_business_key = 3,
  // text(name) text(canonical JSON of one scalar, its first 200 bytes) u8(status), order: time(started) id(instance)
  instances_by_attribute = 4,
  // Instances with open incidents. Order: time(started) id(instance)
  instances_with_incident = 5,
  // text(role), order: time(due, or the end of time) text(instance) u32(seq). Open tasks only, as the next two.
  open_tasks_by_role = 10,
  // text(subject), order as above. Candidates by person, and whoever has claimed the task.
  open_tasks_by_subject = 11,
  // Order as above.
  open_tasks_by_due = 12,
  // text(patient), order: time(created) text(instance) u32(seq). Open and closed.
  tasks_by_patient = 13,
  // Order: time(closed) text(instance) u32(seq)
  closed_tasks = 14,
  // text(role), order as open_tasks_by_role. Open tasks that are for certain units; those of no unit are in open_tasks_by_role.
  unit_tasks_by_role = 15,
  // text(role) text(unit), order as above. The same, for each of their units.
  unit_tasks_by_role_and_unit = 16,
  // text(unit), order as above. Open tasks for this unit, whatever their roles.
  open_tasks_by_unit = 17,
  // text("role:" role, "subject:" subject or ""), order: time(to be shown) text(instance) u32(number). Open alerts.
  open_alerts_by_queue = 18,
  // Order: time(raised) text(instance) u32(number). All alerts.
  alerts_by_time = 19,
  // Order: time(opened) text(instance) u32(number)
  open_incidents = 20,
  // text(state), order: time(received) text(source) id(message id)
  messages_by_state = 30,
  // text(patient), order: time(occurred) id(event)
  timeline = 40,
  // text(system) text(value) id(patient). Only ever put: a reader checks that the patient still has the identifier.
  patients_by_identifier = 50,
  // text(parent), order: u32(seq) id(child)
  children = 60,
  // Of the audit ledger: text(patient), order: u64(first leaf of the stretch) -> which leaves of that stretch, see
  // audit_index.hpp. One row a stretch and value, never changed. Also by instance, by who did it, and by action code.
  audit_by_patient = 70,
  audit_by_instance = 71,
  audit_by_subject = 72,
  audit_by_action = 73,
  // Order: time(latest record of the stretch and all before it) u64(first leaf of the stretch) -> where it ends
  audit_by_time = 74,
  // text(name of the field) text(value), then as above: the other fields that records are found by.
  audit_by_field = 75,
};

// How the values of a space are stored.
enum class NamedSeal : std::uint8_t {
  clear,  // Says nothing about anybody: code, policies, what is needed before keys are.
  house,  // Under the house's key: stays when a person is erased.
  turn,   // Under the key of whom the turn is about.
};

namespace keys {

// Single rows of the family meta.
constexpr std::string_view kFormat = "format";      // varint(version of the key space)
constexpr std::string_view kIdentity = "identity";  // The store's id. Written once.
constexpr std::string_view kHead = "head";          // RoundHead of the last round, in that round's own batch.
constexpr std::string_view kEpoch = "epoch";        // u64(epoch of the current leader). Written by the commit log.
// "count:" u8(counter) text(name) u8(status) -> i64. Written by the committer when it changes.
constexpr std::string_view kCounterPrefix = "count:";
// u8(version) once the store has tallies. Written by the committer.
constexpr std::string_view kTallies = "tallies";
// "tally:" u8(tally) text(a) text(b) text(c) u32(day) u8(bucket) -> i64. Written by the committer when it changes, removed at 0.
constexpr std::string_view kTallyPrefix = "tally:";

// ---- parts -----------------------------------------------------------------------------------------------------------

void append_text(std::string& key, std::string_view text);
void append_time(std::string& key, Instant at);
void append_u32(std::string& key, std::uint32_t value);
void append_u64(std::string& key, std::uint64_t value);

// Takes a key apart from the left. Like Reader: the first malformed part makes it fail for good.
class Parts {
 public:
  explicit Parts(std::string_view key) : rest_(key) {}
  std::uint8_t u8();
  std::uint32_t u32();
  std::uint64_t u64();
  Instant time();
  std::string text();
  // What is left.
  std::string id();
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool complete() const { return ok_ && rest_.empty(); }

 private:
  std::string_view take(std::size_t size);
  std::string_view rest_;
  bool ok_ = true;
};

// ---- whole keys ------------------------------------------------------------------------------------------------------

// In the place of a seq: no operation has it.
inline constexpr std::uint32_t kActivitiesMark = 0;

// All rows of an instance in journal, pending, tasks or incidents begin with this.
[[nodiscard]] std::string of_instance(std::string_view instance);
// journal: first index; pending, tasks: seq; incidents: number.
[[nodiscard]] std::string in_instance(std::string_view instance, std::uint32_t number);
struct InInstance {
  std::string instance;
  std::uint32_t number = 0;
};
[[nodiscard]] std::optional<InInstance> parse_in_instance(std::string_view key);

[[nodiscard]] std::string timer(const TimerRecord& timer);
// Timers that are due at `at` or before sort before this, all others not.
[[nodiscard]] std::string timers_after(Instant at);
[[nodiscard]] std::optional<TimerRecord> parse_timer(std::string_view key);

[[nodiscard]] std::string outbox_of(const Address& to);
[[nodiscard]] std::string outbox(const Address& from, const Address& to, std::uint64_t seq);
struct OutboxKey {
  Address from;
  Address to;
  std::uint64_t seq = 0;
};
[[nodiscard]] std::optional<OutboxKey> parse_outbox(std::string_view key);

[[nodiscard]] std::string message(std::string_view source, std::string_view message_id);
// Precondition: is_named_space(space).
[[nodiscard]] std::string named(std::string_view space, std::string_view key);
[[nodiscard]] bool is_named_space(std::string_view space) noexcept;
// Precondition: is_named_space(space).
[[nodiscard]] NamedSeal seal_of_named(std::string_view space) noexcept;

// ---- orders of indexes -------------------------------------------------------------------------------------------------

[[nodiscard]] std::string instance_order(Instant started_at, std::string_view instance);
// For tasks, and for open incidents by number.
[[nodiscard]] std::string task_order(Instant at, std::string_view instance, std::uint32_t number);
// The time by which open tasks without a due time sort: after all others.
constexpr Instant kNeverDue{INT64_MAX};

// ---- prefixes of indexes -----------------------------------------------------------------------------------------------

[[nodiscard]] std::string index(Index index);
[[nodiscard]] std::string index(Index index, std::string_view text);
[[nodiscard]] std::string instances_by_workflow(std::string_view workflow, InstanceStatus status);
[[nodiscard]] std::string instances_by_business_key(std::string_view business_key, std::string_view workflow);
// `scalar` is canonical JSON.
[[nodiscard]] std::string instances_by_attribute(std::string_view name, std::string_view scalar, InstanceStatus status);
[[nodiscard]] std::string tasks_by_role_and_unit(std::string_view role, std::string_view unit);
[[nodiscard]] std::string patients_by_identifier(const Identifier& identifier);

// The smallest key above all that begin with `prefix`. Precondition: not empty, not only 0xff.
[[nodiscard]] std::string end_of(std::string_view prefix);

}  // namespace keys
}  // namespace baton
