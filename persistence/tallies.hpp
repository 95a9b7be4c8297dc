// Numbers for the board and the charts: how many cases are open by workflow, stage, unit and day of their start, and what happened on
// each day. Kept as rows like counters.hpp, so that a board over a million cases reads some thousand small rows and is as true
// as a list. What is counted follows from the records alone: a store without these rows is counted once when it is opened.
// Changed by the committer's thread alone, in the batch of the turn that changes them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/row_batch.hpp"
#include "persistence/store_reader.hpp"

namespace baton {

// Numbers are on disk. What a, b and c of the key are stands beside each; days are those of UTC.
enum class Tally : std::uint8_t {
  open_cases = 1,        // workflow, stage, unit; day of the start. "" where the case has none.
  started_cases = 2,     // workflow; day of the start.
  closed_cases = 3,      // workflow, outcome; day of the end; bucket of its length.
  open_by_role = 4,      // role. Open tasks that it may decide; a task counts for each of its roles.
  created_tasks = 5,     // workflow, name; day.
  decided_tasks = 6,     // workflow, name, "late" or "in_time"; day; bucket from creation to decision.
  withdrawn_tasks = 7,   // workflow, name; day. Cancelled or timed out.
  opened_incidents = 8,  // workflow, code; day.
  taken_tasks = 9,       // workflow, name; day of the decision; bucket from creation until whoever decided had it.
};

struct TallyKey {
  Tally tally = Tally::open_cases;
  std::string a, b, c;
  std::uint32_t day = 0;  // Since 1970-01-01; days before count as that one.
  std::uint8_t bucket = 0;
  auto operator<=>(const TallyKey&) const = default;
};

// The upper bounds of the buckets of lengths, in minutes; a last bucket holds what is longer.
constexpr std::array<std::uint32_t, 21> kTallyBuckets = {1,     5,     15,    30,    60,    120,   240,
                                                         480,   720,   1440,  2880,  4320,  7200,  10080,
                                                         14400, 20160, 30240, 43200, 64800, 86400, 129600};
[[nodiscard]] std::uint8_t tally_bucket_of(Duration length) noexcept;
[[nodiscard]] std::uint32_t tally_day_of(Instant at) noexcept;

class Tallies {
 public:
  // Reads the rows; counts everything where there are none yet.
  [[nodiscard]] static Result<Tallies> load(const Store& store);
  // Counts everything, as the records say now.
  [[nodiscard]] static Result<Tallies> count(const StoreReader& reader);
  // What the store keeps; nothing where it has none yet.
  [[nodiscard]] static Result<std::optional<std::map<TallyKey, std::int64_t>>> kept(const StoreReader& reader);

  void note(const InstanceRecord* before, const InstanceRecord& after);
  void note(const TaskRecord* before, const TaskRecord& after);
  void note(const IncidentRecord* before, const IncidentRecord& after);
  // A record that was never counted, with all that has led to it.
  void count(const InstanceRecord& record);
  void count(const TaskRecord& record);
  void count(const IncidentRecord& record) { note(nullptr, record); }
  // Puts the rows that have changed since the last call; what has become none is removed.
  void flush(RowBatch& rows);
  [[nodiscard]] const std::map<TallyKey, std::int64_t>& all() const { return values_; }

 private:
  void add(TallyKey key, std::int64_t by);

  std::map<TallyKey, std::int64_t> values_;
  std::set<TallyKey> changed_;
  bool marked_ = false;  // The store says that it has these rows.
};

// All rows of one tally, in the order of their keys.
[[nodiscard]] Result<std::vector<std::pair<TallyKey, std::int64_t>>> tallies_of(const StoreReader& reader, Tally tally);

// How many open tasks the index has for the filter's roles or subject and overdue_at, at most `most`; its other fields must be empty. A
// task counts once. Reads no record.
[[nodiscard]] Result<std::size_t> count_open_tasks(const StoreReader& reader, const TaskFilter& filter,
                                                   std::size_t most);

}  // namespace baton
