// Proves all the time that nothing is silently stuck and that the store agrees with itself:
//
//  - every open instance has a wake cause: a pending operation, an open task, an open incident, a message on its way, or
//    it is paused; and whatever waits belongs to an open instance
//  - whoever waits for a time has a timer for it
//  - every record is in the indexes that lead to it, and every index row leads to a record that belongs there
//  - every message between actors has somebody to receive it
//  - the totals that lists and boards show are what there is
//  - journals have no gap, and each audit record that speaks of a journal row has that row's hash
//
// Works in slices of bounded length, each on one snapshot, so that it can run beside everything else. Where a part of the
// store cannot be read, it says so and goes on behind it. Reads only; belongs to one thread. What it finds is a bug of Baton or damage to the store, never a normal state.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/store_reader.hpp"

namespace baton {

enum class FindingKind : std::uint8_t {
  stuck_instance,   // Open, and nothing will wake it.
  stuck_patient,    // Holds events back for a merge that nobody hands over.
  orphan,           // Waits for, or on behalf of, an instance that is closed or absent.
  missing_timer,    // A wait has a time and no timer.
  missing_index,    // A search would not find the record.
  stale_index,      // A search finds what is not so.
  lost_receiver,    // A message nobody can take.
  wrong_count,      // A record counts its incidents wrongly, or a total is not what there is.
  journal_gap,      // Entries are missing, or begin twice.
  ledger_mismatch,  // An audit record and its journal row disagree.
  unreadable,       // A row that cannot be decoded.
  damaged,          // Part of a file that does not hold its checksum; the subject is the place (damaged_places.hpp).
};
[[nodiscard]] std::string_view to_string(FindingKind kind) noexcept;

struct Finding {
  FindingKind kind;
  std::string subject;  // Instance, task, patient, message or index by id; no personal data.
  std::string detail;

  bool operator==(const Finding&) const = default;
};

class CountScrubber;

class Scrubber {
 public:
  // Borrows the store.
  explicit Scrubber(const Store& store);
  ~Scrubber();

  // Looks at up to `rows` more rows. Errors: io_failed, when the store cannot be read at all.
  [[nodiscard]] Result<std::vector<Finding>> step(std::size_t rows);
  // Everything once, from the beginning.
  [[nodiscard]] Result<std::vector<Finding>> run_pass();

  // How often everything was looked at.
  [[nodiscard]] std::uint64_t passes() const { return passes_; }
  [[nodiscard]] std::uint64_t rows_checked() const { return rows_checked_; }

 private:
  // Gives how many rows it looked at; fewer than asked for at the end of its family.
  [[nodiscard]] Result<std::size_t> scrub_rows(const StoreReader& reader, std::size_t rows,
                                               std::vector<Finding>& findings);
  // At a row that cannot be read: moves next_ behind the damage. False at the end of the family.
  [[nodiscard]] bool pass_damage(const StoreReader& reader, const Error& damage, std::vector<Finding>& findings);
  [[nodiscard]] Result<std::size_t> scrub_ledger(std::size_t rows, std::vector<Finding>& findings);
  [[nodiscard]] Result<std::size_t> scrub_counts(std::size_t rows, std::vector<Finding>& findings);
  void next_phase();

  StoreReader store_;
  std::unique_ptr<CountScrubber> counts_;
  std::size_t phase_ = 0;
  std::string next_;              // Where this phase goes on; empty at its beginning.
  std::uint64_t next_leaf_ = 0;   // The ledger's place.
  bool leaf_unreadable_ = false;  // The one before that place.
  std::uint64_t passes_ = 0;
  std::uint64_t rows_checked_ = 0;
};

}  // namespace baton
