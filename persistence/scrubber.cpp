#include "persistence/scrubber.hpp"

#include <algorithm>
#include <set>

#include "persistence/keys/row_opener.hpp"
#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/ledger_source.hpp"
#include "persistence/rocks.hpp"
#include "persistence/scrub_checks.hpp"
#include "persistence/scrub_counts.hpp"
#include "persistence/scrub_damage.hpp"

namespace baton {
namespace {

using Check = Status (*)(const StoreReader&, std::string_view, std::string_view, std::vector<Finding>&);

struct Phase {
  ColumnFamily family;
  Check check;
};

// Counting is far less work than the checks of a row, and holds a snapshot.
constexpr std::size_t kCountedForOne = 200;

// One after the other; then the ledger, and the totals.
constexpr std::array kPhases = {
    Phase{ColumnFamily::instances, scrub::check_instance}, Phase{ColumnFamily::pending, scrub::check_pending},
    Phase{ColumnFamily::timers, scrub::check_timer},       Phase{ColumnFamily::tasks, scrub::check_task},
    Phase{ColumnFamily::incidents, scrub::check_incident}, Phase{ColumnFamily::outbox, scrub::check_outbox},
    Phase{ColumnFamily::index, scrub::check_index},        Phase{ColumnFamily::patients, scrub::check_patient},
    Phase{ColumnFamily::events, scrub::check_event},       Phase{ColumnFamily::messages, scrub::check_message},
    Phase{ColumnFamily::named, scrub::check_named},        Phase{ColumnFamily::journal, scrub::check_journal},
};

// Where a row lies, without what may say who somebody is.
std::string place_of(ColumnFamily family, std::string_view key) {
  std::string place(name_of(family));
  const bool of_instance = family == ColumnFamily::journal || family == ColumnFamily::pending ||
                           family == ColumnFamily::tasks || family == ColumnFamily::incidents;
  if (const auto found = of_instance ? keys::parse_in_instance(key) : std::nullopt) {
    place += " " + found->instance + " " + std::to_string(found->number);
  } else if (family == ColumnFamily::instances || family == ColumnFamily::events) {
    place.append(" ").append(key);
  }
  return place;
}

// A row that nobody can read, or that needs such a row, is a finding; a store that cannot be read is an error. Of whom was erased nobody
// can tell what else there should be.
Status check_row(const Phase& phase, const StoreReader& reader, const rocksdb::Iterator& at,
                 std::vector<Finding>& findings) {
  const std::string_view key = view(at.key());
  std::string opened;
  const auto plain = open_row(reader.store().keys(), phase.family, key, view(at.value()), opened);
  if (!plain.ok() && plain.error().code == ErrorCode::erased) return success();
  const Status checked = plain.ok() ? phase.check(reader, key, *plain, findings) : Status(plain.error());
  if (checked.ok() || checked.error().code == ErrorCode::erased) return success();
  if (checked.error().code == ErrorCode::io_failed) return checked;
  findings.push_back({FindingKind::unreadable, place_of(phase.family, key), checked.error().detail});
  return success();
}

// A row that could not be read because it leads to a damaged block is no finding of its own: each place once.
void name_damage(const Rocks& rocks, std::vector<Finding>& findings) {
  std::set<std::string, std::less<>> told;
  std::erase_if(findings, [&](Finding& finding) {
    if (finding.kind == FindingKind::unreadable && rocks.damaged.knows(finding.detail)) {
      finding.kind = FindingKind::damaged;
      finding.subject = damaged_place_in(finding.detail);
    }
    return finding.kind == FindingKind::damaged && !told.insert(finding.subject).second;
  });
}

}  // namespace

std::string_view to_string(FindingKind kind) noexcept {
  switch (kind) {
    case FindingKind::stuck_instance: return "stuck_instance";
    case FindingKind::stuck_patient: return "stuck_patient";
    case FindingKind::orphan: return "orphan";
    case FindingKind::missing_timer: return "missing_timer";
    case FindingKind::missing_index: return "missing_index";
    case FindingKind::stale_index: return "stale_index";
    case FindingKind::lost_receiver: return "lost_receiver";
    case FindingKind::wrong_count: return "wrong_count";
    case FindingKind::journal_gap: return "journal_gap";
    case FindingKind::ledger_mismatch: return "ledger_mismatch";
    case FindingKind::unreadable: return "unreadable";
    case FindingKind::damaged: return "damaged";
  }
  return "unknown";
}

Scrubber::Scrubber(const Store& store) : store_(store), counts_(std::make_unique<CountScrubber>(store)) {}
Scrubber::~Scrubber() = default;

Result<std::vector<Finding>> Scrubber::step(std::size_t rows) {
  std::vector<Finding> findings;
  const StoreReader at = store_.snapshot();
  const std::uint64_t pass = passes_;
  // A slice ends with the pass, so that an empty store is not looked at for ever.
  for (std::size_t left = rows; left > 0 && passes_ == pass;) {
    const auto looked = phase_ < kPhases.size()    ? scrub_rows(at, left, findings)
                        : phase_ == kPhases.size() ? scrub_ledger(left, findings)
                                                   : scrub_counts(left, findings);
    if (!looked.ok()) return looked.error();
    rows_checked_ += *looked;
    if (*looked < left) next_phase();
    left -= *looked;
  }
  name_damage(store_.store().rocks(), findings);
  return findings;
}

Result<std::vector<Finding>> Scrubber::run_pass() {
  constexpr std::size_t kSlice = 4096;
  phase_ = 0;
  next_.clear();
  next_leaf_ = 0;
  counts_->reset();
  std::vector<Finding> all;
  const std::uint64_t pass = passes_;
  while (passes_ == pass) {
    auto findings = step(kSlice);
    if (!findings.ok()) return findings;
    for (Finding& finding : *findings) all.push_back(std::move(finding));
  }
  return all;
}

Result<std::size_t> Scrubber::scrub_rows(const StoreReader& reader, std::size_t rows, std::vector<Finding>& findings) {
  const Phase& phase = kPhases[phase_];
  const Rocks& rocks = reader.store().rocks();
  rocksdb::ReadOptions options = reader.read_options();
  options.total_order_seek = true;
  options.fill_cache = false;  // What nobody has asked for must not push out what somebody has.
  const std::unique_ptr<rocksdb::Iterator> at(rocks.seen().NewIterator(options, rocks.family(phase.family)));
  at->Seek(slice(next_));
  std::size_t looked = 0;
  while (looked < rows) {
    if (!at->Valid()) {
      if (at->status().ok()) break;
      const Error failed = read_error(rocks, at->status(), "the store cannot be read");
      if (!at->status().IsCorruption()) return failed;
      if (!pass_damage(reader, failed, findings)) break;
      at->Seek(slice(next_));
      continue;
    }
    if (const Status checked = check_row(phase, reader, *at, findings); !checked.ok()) return checked.error();
    next_ = at->key().ToString() + '\0';
    at->Next();
    ++looked;
  }
  return looked;
}

bool Scrubber::pass_damage(const StoreReader& reader, const Error& damage, std::vector<Finding>& findings) {
  findings.push_back({FindingKind::damaged, std::string(damaged_place_in(damage.detail)), damage.detail});
  rocksdb::ReadOptions options = reader.read_options();
  options.total_order_seek = true;
  options.fill_cache = false;
  auto behind = scrub::place_behind(reader.store().rocks(), options, kPhases[phase_].family, next_, damage.detail);
  if (behind) next_ = *std::move(behind);
  return behind.has_value();
}

Result<std::size_t> Scrubber::scrub_ledger(std::size_t rows, std::vector<Finding>& findings) {
  const StoreLedgerSource source(store_.store());
  const auto pruned = LedgerReader(source).pruned();
  if (!pruned.ok()) return pruned.error();
  const auto head = LedgerReader(source).head();
  if (!head.ok()) return head.error();
  next_leaf_ = std::max(next_leaf_, pruned->minimum);
  std::optional<LedgerCursor> cursor(std::in_place, source, next_leaf_);
  std::size_t looked = 0;
  for (; looked < rows && next_leaf_ < head->size; ++looked, ++next_leaf_) {
    const auto leaf = cursor->next();
    if (!leaf.ok() && leaf.error().code == ErrorCode::not_found) break;
    if (!leaf.ok()) {
      // Of a stretch that cannot be read, the first record speaks for all.
      if (!leaf_unreadable_) findings.push_back({FindingKind::unreadable, "ledger", leaf.error().detail});
      leaf_unreadable_ = true;
      cursor.emplace(source, next_leaf_ + 1);
      continue;
    }
    leaf_unreadable_ = false;
    const Status checked = scrub::check_leaf(store_, next_leaf_, *leaf, findings);
    if (checked.ok()) continue;
    if (checked.error().code != ErrorCode::store_corrupt) return checked.error();
    findings.push_back({FindingKind::unreadable, "ledger", checked.error().detail});
  }
  return looked;
}

// Gives rows as the other phases count them.
Result<std::size_t> Scrubber::scrub_counts(std::size_t rows, std::vector<Finding>& findings) {
  const auto looked = counts_->step(rows * kCountedForOne, findings);
  if (!looked.ok()) {
    // What cannot be read cannot be counted either: no totals in this pass.
    if (looked.error().code != ErrorCode::store_corrupt) return looked;
    findings.push_back({FindingKind::unreadable, "totals", looked.error().detail});
    counts_->reset();
    return std::size_t{0};
  }
  return *looked == rows * kCountedForOne ? rows : std::min(*looked / kCountedForOne, rows - 1);
}

void Scrubber::next_phase() {
  next_.clear();
  if (++phase_ <= kPhases.size() + 1) return;
  phase_ = 0;
  next_leaf_ = 0;
  ++passes_;
}

}  // namespace baton
