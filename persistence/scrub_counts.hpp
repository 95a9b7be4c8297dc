// Counts instances, tasks, incidents and messages again, and compares that with the rows that the committer keeps
// (counters.hpp, tallies.hpp). All of one count is on one snapshot, so it is made in long strides: a snapshot that is held
// keeps what was deleted meanwhile on the disk. For scrubber.cpp; belongs to one thread. Reads only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "persistence/counters.hpp"
#include "persistence/scrubber.hpp"
#include "persistence/tallies.hpp"

namespace baton {

class CountScrubber {
 public:
  // Borrows the store.
  explicit CountScrubber(const Store& store) : store_(store) {}

  // Looks at up to `rows` more records. Gives how many it looked at; fewer than asked for once all is counted and compared.
  [[nodiscard]] Result<std::size_t> step(std::size_t rows, std::vector<Finding>& findings);
  // Begins anew.
  void reset() { count_.reset(); }

 private:
  struct Count {
    explicit Count(StoreReader reader) : at(std::move(reader)) {}
    StoreReader at;
    std::size_t family = 0;
    std::string after;  // The last key looked at in this family.
    Counters counters;
    Tallies tallies;
    std::int64_t erased = 0;  // Records that nobody can read any more.
  };
  [[nodiscard]] Result<std::size_t> count_family(std::size_t rows);
  [[nodiscard]] Status compare(std::vector<Finding>& findings) const;

  const Store& store_;
  std::optional<Count> count_;
};

}  // namespace baton
