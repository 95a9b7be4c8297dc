// Who waits for an answer: a token for each request from outside, answered exactly once. The number of open tokens is
// the node's credit: when it is used up, admission refuses, so work in flight and its memory stay bounded.
// Thread-safe; answers run on the caller's thread, outside of any lock.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "persistence/reached.hpp"
#include "runtime/model/turn.hpp"

namespace baton {

class Replies {
 public:
  using Answer = std::function<void(Result<JsonText>)>;
  // Rows for the batch of the turn that does what was asked, made from its answer. Called at most once.
  using Rider = std::function<std::vector<Change>(const JsonText& answer)>;

  explicit Replies(std::size_t credit) : credit_(credit) {}

  // Takes a credit; none when all are out. An answer that may come at `durable` is, where it is no error, given as
  // Node::submit() says.
  [[nodiscard]] std::optional<std::uint64_t> expect(Answer answer, Rider rider = {}, Reached at = Reached::seen);
  // The rows that ride with this answer. For a turn that answers the token once it is durable.
  [[nodiscard]] std::vector<Change> rows_with(std::uint64_t token, const JsonText& answer);
  [[nodiscard]] bool has_riders() const { return riders_.load(std::memory_order_relaxed) > 0; }
  // Puts `change` in front of the answer: what it returns is what the caller gets. For a token that still waits.
  void change(std::uint64_t token, std::function<Result<JsonText>(Result<JsonText>)> change);
  // Gives the answer and the credit back. A token that was answered before, and 0, are passed over.
  void give(std::uint64_t token, Result<JsonText> answer);
  void give(std::vector<Reply> replies);
  // Takes out and gives those that may come at `durable`, and are no errors.
  void give_early(std::vector<Reply>& replies);
  // At the end: nobody is left waiting.
  void give_all(const Error& error);

  [[nodiscard]] std::size_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }

 private:
  struct Waiting {
    Answer answer;
    Reached at = Reached::seen;
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::uint64_t, Waiting> waiting;
    std::unordered_map<std::uint64_t, Rider> riders;
  };
  [[nodiscard]] bool comes_early(std::uint64_t token);
  [[nodiscard]] Shard& shard_of(std::uint64_t token) { return shards_[token % shards_.size()]; }

  const std::size_t credit_;
  std::atomic<std::size_t> in_flight_{0};
  std::atomic<std::size_t> riders_{0};
  std::atomic<std::uint64_t> next_token_{1};
  std::array<Shard, 16> shards_;
};

}  // namespace baton
