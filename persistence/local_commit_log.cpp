#include "persistence/local_commit_log.hpp"

#include <rocksdb/transaction_log.h>

#include <bit>
#include <cstring>

#include "persistence/log_files.hpp"
#include "persistence/rocks.hpp"
#include "runtime/base/codec.hpp"

namespace baton {
namespace {

Error conflict(std::string detail) {
  return {ErrorCode::conflict, std::move(detail), "acquire leadership again and look at the tail"};
}

// The sequence number of the last row of a batch that was written: its header begins with that of the first.
std::uint64_t last_sequence_of(const rocksdb::WriteBatch& batch) {
  static_assert(std::endian::native == std::endian::little, "RocksDB writes its numbers with the lowest byte first");
  std::uint64_t first = 0;
  std::memcpy(&first, batch.Data().data(), sizeof(first));
  return first + batch.Count() - 1;
}

// `durable` is called while nobody can begin to read, and from then on until the rows are in the memtables.
rocksdb::Status write(Rocks& rocks, rocksdb::WriteBatch& batch, const std::function<void()>& durable) {
  if (!durable) return rocks.db->Write(rocks.write_options, &batch);
  const std::function<void()> synced = [&] {
    rocks.gate.close();
    durable();
  };
  const WhenSynced when(synced);
  rocksdb::Status written = rocks.db->Write(rocks.write_options, &batch);
  rocks.gate.open();
  return written;
}

}  // namespace

Result<std::uint64_t> LocalCommitLog::current_epoch() const {
  std::string bytes;
  const rocksdb::Status found = store_.rocks().db->Get({}, slice(keys::kEpoch), &bytes);
  if (found.IsNotFound()) return std::uint64_t{0};
  if (!found.ok()) return error_of(found, "the epoch cannot be read");
  return Reader(bytes).u64be();
}

Result<Leadership> LocalCommitLog::acquire() {
  const auto epoch = current_epoch();
  if (!epoch.ok()) return epoch.error();
  const auto last = tail();
  if (!last.ok()) return last.error();
  Rocks& rocks = store_.rocks();
  const std::uint64_t next = *epoch + 1;
  const rocksdb::Status written = rocks.db->Put(rocks.write_options, slice(keys::kEpoch), Writer().u64be(next).view());
  if (!written.ok()) return error_of(written, "the epoch cannot be written");
  return Leadership{next, *last};
}

Result<LocalCommitLog::Position> LocalCommitLog::position() const {
  if (left_ && store_.rocks().db->GetLatestSequenceNumber() == left_at_) return *left_;
  const auto epoch = current_epoch();
  if (!epoch.ok()) return epoch.error();
  const auto last = tail();
  if (!last.ok()) return last.error();
  return Position{*epoch, *last};
}

Status LocalCommitLog::check(std::uint64_t epoch, std::uint64_t expected, std::span<const SealedRound> rounds) const {
  const auto current = position();
  if (!current.ok()) return current.error();
  if (epoch != current->epoch) {
    return conflict("epoch " + std::to_string(epoch) + " has ended; now is " + std::to_string(current->epoch));
  }
  if (current->tail.lsn != expected) {
    return conflict("the log ends at " + std::to_string(current->tail.lsn) + ", not " + std::to_string(expected));
  }
  RoundHead before = current->tail;
  for (const SealedRound& round : rounds) {
    if (round.head.lsn != before.lsn + 1 || round.head.previous != before.hash) {
      return conflict("round " + std::to_string(round.head.lsn) + " does not follow round " +
                      std::to_string(before.lsn));
    }
    before = round.head;
  }
  return success();
}

Status LocalCommitLog::append(std::uint64_t epoch, std::uint64_t expected, std::span<SealedRound> rounds,
                              const std::function<void()>& durable) {
  if (const Status checked = check(epoch, expected, rounds); !checked.ok()) return checked;
  if (rounds.empty()) return success();
  Rocks& rocks = store_.rocks();
  std::uint64_t left_at = 0;
  left_.reset();
  // Each round is synced before the next is written: what is broken at the log's end is then one record (torn_tail.hpp).
  for (SealedRound& round : rounds) {
    rocksdb::WriteBatch batch(std::move(round.bytes));
    const rocksdb::Status written = write(rocks, batch, &round == &rounds.back() ? durable : std::function<void()>());
    if (!written.ok()) return error_of(written, "round " + std::to_string(round.head.lsn) + " cannot be written");
    left_at = last_sequence_of(batch);
  }
  left_ = Position{epoch, rounds.back().head};
  left_at_ = left_at;
  return success();
}

Result<std::vector<SealedRound>> LocalCommitLog::read(std::uint64_t after, std::size_t limit) const {
  std::vector<SealedRound> rounds;
  const auto last = tail();
  if (!last.ok()) return last.error();
  if (after >= last->lsn || limit == 0) return rounds;
  const Error trimmed{ErrorCode::not_found, "round " + std::to_string(after + 1) + " is no longer in the log",
                      "begin from a copy of the store"};

  rocksdb::VectorLogPtr logs;
  const rocksdb::Status listed = store_.rocks().db->GetSortedWalFiles(logs);
  if (!listed.ok()) return error_of(listed, "the log cannot be listed");
  std::unique_ptr<rocksdb::TransactionLogIterator> batches;
  for (const auto& log : logs) {
    if (store_.rocks().db->GetUpdatesSince(log->StartSequence(), &batches).ok()) break;
    batches.reset();
  }
  if (batches == nullptr) return trimmed;
  for (; batches->Valid() && rounds.size() < limit; batches->Next()) {
    rocksdb::BatchResult batch = batches->GetBatch();
    auto head = verify_round(batch.writeBatchPtr->Data());
    if (!head.ok() || head->lsn <= after) continue;  // Rows beside the rounds, as an epoch, have no head.
    if (head->lsn != after + 1 + rounds.size()) return trimmed;
    rounds.push_back({*head, batch.writeBatchPtr->Data()});
  }
  if (rounds.empty()) return trimmed;
  return rounds;
}

Status LocalCommitLog::trim(std::uint64_t) { return success(); }

}  // namespace baton
