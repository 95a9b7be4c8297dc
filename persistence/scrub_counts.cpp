#include "persistence/scrub_counts.hpp"

#include <array>

#include "persistence/keys/row_opener.hpp"
#include "persistence/rocks.hpp"

namespace baton {
namespace {

// Of a record that cannot be read its own check speaks.
template <typename Record, typename Use>
void use(std::string_view value, Use&& with) {
  const auto record = decode<Record>(value);
  if (record.ok()) with(*record);
}

void count_instance(std::string_view value, Counters& counters, Tallies& tallies) {
  use<InstanceRecord>(value, [&](const InstanceRecord& record) {
    counters.add(Counter::instances, record.workflow, static_cast<std::uint8_t>(record.status), 1);
    tallies.count(record);
  });
}
void count_task(std::string_view value, Counters& counters, Tallies& tallies) {
  use<TaskRecord>(value, [&](const TaskRecord& record) {
    if (record.open_for_decision()) counters.add(Counter::open_tasks, record.workflow, 0, 1);
    tallies.count(record);
  });
}
void count_incident(std::string_view value, Counters& counters, Tallies& tallies) {
  use<IncidentRecord>(value, [&](const IncidentRecord& record) {
    if (!record.resolved_at) counters.add(Counter::open_incidents, record.workflow, 0, 1);
    tallies.count(record);
  });
}
void count_message(std::string_view value, Counters& counters, Tallies&) {
  use<MessageRecord>(value, [&](const MessageRecord& record) { counters.add(Counter::messages, record.state, 0, 1); });
}

struct Counted {
  ColumnFamily family;
  void (*count)(std::string_view, Counters&, Tallies&);
};
constexpr std::array kCounted = {
    Counted{ColumnFamily::instances, count_instance}, Counted{ColumnFamily::tasks, count_task},
    Counted{ColumnFamily::incidents, count_incident}, Counted{ColumnFamily::messages, count_message}};

std::string name_of(const CounterKey& key) {
  return "counter " + std::to_string(static_cast<int>(key.counter)) + " of " + key.name +
         (key.status == 0 ? "" : " in status " + std::to_string(key.status));
}
std::string name_of(const TallyKey& key) {
  std::string name = "tally " + std::to_string(static_cast<int>(key.tally));
  for (const std::string* part : {&key.a, &key.b, &key.c}) name += part->empty() ? "" : "/" + *part;
  return name + " of day " + std::to_string(key.day);
}

// Both ways: what is kept and is not so, and what is so and is not kept. None and 0 are the same.
// `erased` records may have been anything: their totals stay.
template <typename Key>
void compare_counts(const std::map<Key, std::int64_t>& kept, const std::map<Key, std::int64_t>& counted,
                    std::int64_t erased, std::vector<Finding>& findings) {
  const auto value_in = [](const auto& counts, const Key& key) {
    const auto found = counts.find(key);
    return found == counts.end() ? std::int64_t{0} : found->second;
  };
  const auto compare = [&](const Key& key) {
    const std::int64_t says = value_in(kept, key), is = value_in(counted, key);
    if (says >= is && says <= is + erased) return;
    findings.push_back(
        {FindingKind::wrong_count, name_of(key), "says " + std::to_string(says) + ", there are " + std::to_string(is)});
  };
  for (const auto& [key, value] : kept) compare(key);
  for (const auto& [key, value] : counted) {
    if (!kept.contains(key)) compare(key);
  }
}

}  // namespace

Result<std::size_t> CountScrubber::step(std::size_t rows, std::vector<Finding>& findings) {
  if (!count_) count_.emplace(StoreReader(store_).snapshot());
  std::size_t looked = 0;
  while (looked < rows && count_->family < kCounted.size()) {
    const auto more = count_family(rows - looked);
    if (!more.ok()) return more.error();
    looked += *more;
    if (looked == rows) return looked;
    ++count_->family;
    count_->after.clear();
  }
  if (const Status compared = compare(findings); !compared.ok()) return compared.error();
  count_.reset();
  return looked < rows ? looked : rows - 1;
}

Result<std::size_t> CountScrubber::count_family(std::size_t rows) {
  const Counted& counted = kCounted[count_->family];
  const Rocks& rocks = store_.rocks();
  rocksdb::ReadOptions options = count_->at.read_options();
  options.total_order_seek = true;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> at(rocks.seen().NewIterator(options, rocks.family(counted.family)));
  at->Seek(slice(count_->after));
  if (at->Valid() && !count_->after.empty() && view(at->key()) == count_->after) at->Next();
  std::size_t looked = 0;
  for (; at->Valid() && looked < rows; at->Next(), ++looked) {
    count_->after = at->key().ToString();
    std::string opened;
    const auto plain = open_row(store_.keys(), counted.family, count_->after, view(at->value()), opened);
    if (plain.ok()) {
      counted.count(*plain, count_->counters, count_->tallies);
    } else if (plain.error().code == ErrorCode::erased) {
      ++count_->erased;
    }
  }
  if (!at->status().ok()) return read_error(rocks, at->status(), "the store cannot be read");
  return looked;
}

Status CountScrubber::compare(std::vector<Finding>& findings) const {
  const rocksdb::ReadOptions options = count_->at.read_options();
  const auto counters = Counters::load(store_, options.snapshot);
  if (!counters.ok()) return counters.error();
  compare_counts(counters->all(), count_->counters.all(), count_->erased, findings);
  const auto kept = Tallies::kept(count_->at);
  if (!kept.ok()) return kept.error();
  if (*kept) compare_counts(**kept, count_->tallies.all(), count_->erased, findings);
  return success();
}

}  // namespace baton
