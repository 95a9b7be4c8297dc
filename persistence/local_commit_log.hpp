// The commit log of one machine: RocksDB's write-ahead log is the log, and appending applies. Rounds whose rows have
// reached tables are trimmed by RocksDB itself, so read() reaches back as far as the write-ahead log does.
#pragma once

#include <optional>

#include "persistence/commit_log.hpp"
#include "persistence/store.hpp"

namespace baton {

class LocalCommitLog final : public CommitLog {
 public:
  // Borrows the store.
  explicit LocalCommitLog(Store& store) : store_(store) {}

  [[nodiscard]] Result<Leadership> acquire() override;
  [[nodiscard]] Status append(std::uint64_t epoch, std::uint64_t expected, std::span<SealedRound> rounds,
                              const std::function<void()>& durable) override;
  [[nodiscard]] Result<RoundHead> tail() const override { return store_.head(); }
  [[nodiscard]] Result<std::vector<SealedRound>> read(std::uint64_t after, std::size_t limit) const override;
  [[nodiscard]] Status trim(std::uint64_t upto) override;

 private:
  [[nodiscard]] Result<std::uint64_t> current_epoch() const;
  // The epoch and the last round, as the store has them.
  struct Position {
    std::uint64_t epoch = 0;
    RoundHead tail;
  };
  [[nodiscard]] Result<Position> position() const;
  [[nodiscard]] Status check(std::uint64_t epoch, std::uint64_t expected, std::span<const SealedRound> rounds) const;

  Store& store_;
  // What the last append left, and RocksDB's sequence number then: while nobody wrote since, it need not be read.
  std::optional<Position> left_;
  std::uint64_t left_at_ = 0;
};

}  // namespace baton
