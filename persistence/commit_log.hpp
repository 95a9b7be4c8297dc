// The commit log of one partition: the seam between the committer and whatever makes its rounds durable, this machine's
// disk or a quorum of them. A round is bytes that any node can apply (round.hpp).
//
// Contract, the same for every backend (tests/persistence/commit_log_conformance.hpp):
//  - Rounds have positions 1, 2, 3, ... and each carries the hash of the one before.
//  - acquire() makes the caller the leader: it gets a new epoch, and whoever led before can append no more.
//  - append() returns success once all the rounds are durable and readers of this node's store see them. Where a backend
//    knows the first before the second it says so, at most once: who reads the store from then on waits to see them.
//  - Any other error of append() than conflict means unknown: the rounds may be there or not. The caller stops, or
//    acquires again and looks at the tail. It never appends the same rounds again without looking.
//
// Called by the leader alone, by one of its threads at a time, but for read(), which any thread may call.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "persistence/round.hpp"
#include "runtime/base/result.hpp"

namespace baton {

// What a leader knows when it begins.
struct Leadership {
  std::uint64_t epoch = 0;
  RoundHead tail;  // The last round of the log; lsn 0 when it is empty.
};

// A round on its way to the log: the head that its bytes end with, and the bytes.
struct SealedRound {
  RoundHead head;
  std::string bytes;
};

class CommitLog {
 public:
  virtual ~CommitLog() = default;

  // Errors: as the backend's.
  [[nodiscard]] virtual Result<Leadership> acquire() = 0;

  // Appends rounds that follow position `expected` (their heads say expected + 1, ...). Takes their bytes.
  // Error conflict: another leader has a later epoch, or the tail is not `expected`, or does not have the hash that the
  // first round follows; nothing was written. Other errors: unknown, see above.
  // `durable` may be called on this thread, before append() returns, when the rounds are. It must neither read the store nor
  // wait for a lock under which somebody does. An error may still follow: the rounds are there then. May be empty.
  [[nodiscard]] virtual Status append(std::uint64_t epoch, std::uint64_t expected, std::span<SealedRound> rounds,
                                      const std::function<void()>& durable) = 0;

  [[nodiscard]] virtual Result<RoundHead> tail() const = 0;

  // Rounds after position `after`, oldest first, at most `limit`; none at the tail. Error not_found when rounds after
  // `after` were trimmed.
  [[nodiscard]] virtual Result<std::vector<SealedRound>> read(std::uint64_t after, std::size_t limit) const = 0;

  // Rounds up to and with `upto` need not be kept. Keeping them is allowed.
  [[nodiscard]] virtual Status trim(std::uint64_t upto) = 0;
};

}  // namespace baton
