#include "persistence/log_walk.hpp"

#include <rocksdb/env.h>
#include <rocksdb/write_batch.h>

#include <algorithm>

#include "persistence/log_format.hpp"
#include "persistence/rocks.hpp"
#include "persistence/torn_tail.hpp"

namespace baton {
namespace {

using log_format::kBlockSize;

// The whole records of one log, one after another.
class LogRecords {
 public:
  LogRecords(rocksdb::Env& env, std::string path) : env_(env), path_(std::move(path)), scratch_(kBlockSize, '\0') {}

  // False at the end: nothing is behind it but what a power cut leaves. Errors: store_corrupt, io_failed.
  [[nodiscard]] Result<bool> next() {
    record_.clear();
    bool inside = false;
    for (;;) {
      if (at_ + log_format::kFragmentHeader > block_.size() && block_is_full()) {
        if (const Status read = read_block(); !read.ok()) return read.error();
        continue;
      }
      const auto fragment = log_format::fragment_at(block_, at_);
      if (!fragment || fragment->begins() == inside) return end(inside);
      record_.append(
          block_.substr(at_ + log_format::kFragmentHeader, fragment->end - at_ - log_format::kFragmentHeader));
      at_ = fragment->end;
      inside = fragment->goes_on();
      if (!inside) return true;
    }
  }
  [[nodiscard]] std::string_view record() const { return record_; }
  // Behind the end: the byte from which on there is something that is no record.
  [[nodiscard]] const std::optional<std::uint64_t>& broken_at() const { return broken_at_; }

 private:
  // The first one counts as full: another is behind it.
  [[nodiscard]] bool block_is_full() const { return file_ == nullptr || block_.size() == kBlockSize; }

  Status read_block() {
    rocksdb::Status read;
    if (file_ == nullptr) read = env_.NewSequentialFile(path_, &file_, rocksdb::EnvOptions());
    rocksdb::Slice bytes;
    if (read.ok()) read = file_->Read(kBlockSize, &bytes, scratch_.data());
    if (!read.ok()) return error_of(read, path_ + " cannot be read");
    block_ = view(bytes);
    at_ = 0;
    return success();
  }

  Result<bool> end(bool inside) {
    bool zeros = !inside && log_format::only_zeros(block_.substr(at_));
    while (zeros && block_is_full()) {
      if (const Status read = read_block(); !read.ok()) return read.error();
      zeros = log_format::only_zeros(block_);
    }
    if (zeros) return false;
    std::string all;
    const rocksdb::Status read = rocksdb::ReadFileToString(&env_, path_, &all);
    if (!read.ok()) return error_of(read, path_ + " cannot be read");
    const LogTail tail = examine_log(all);
    if (tail.record_behind) return rot_in(path_, tail);
    if (tail.broken) broken_at_ = tail.whole;
    return false;
  }

  rocksdb::Env& env_;
  std::string path_;
  std::unique_ptr<rocksdb::SequentialFile> file_;
  std::string scratch_;
  std::string_view block_;
  std::size_t at_ = 0;
  std::string record_;
  std::optional<std::uint64_t> broken_at_;
};

// Takes the rows by which a store is known from a batch that is no round.
class FirstRows final : public rocksdb::WriteBatch::Handler {
 public:
  explicit FirstRows(StoreRows& rows) : rows_(rows) {}
  rocksdb::Status PutCF(std::uint32_t family, const rocksdb::Slice& key, const rocksdb::Slice& value) override {
    if (family != static_cast<std::uint32_t>(ColumnFamily::meta)) return rocksdb::Status::OK();
    if (view(key) == keys::kFormat) rows_.format = value.ToString();
    if (view(key) == keys::kIdentity) rows_.identity = value.ToString();
    return rocksdb::Status::OK();
  }

 private:
  StoreRows& rows_;
};

class Chain {
 public:
  explicit Chain(const StoreRows& tables) : rows_(tables) {}

  // A record of `log`, behind all before. Error: store_corrupt.
  Status take(const std::string& log, std::string_view record) {
    if (record.size() < round_format::kFrameSize) {
      return Error{ErrorCode::store_corrupt, log + " holds a record that is no batch of rows",
                   "restore the store from a backup or from another node"};
    }
    const std::uint64_t first = log_format::number_le(record.substr(0, 8));
    const std::uint64_t count = log_format::number_le(record.substr(8, 4));
    const auto head = head_of_round(record);
    if (!head.ok()) return head.error();
    if (!gap_before_ && !follows(first, *head)) gap_before_ = log;
    if (gap_before_) return *head ? Status(missing((*head)->lsn)) : success();
    in_logs_ = first + count;
    rows_.sequence = std::max(rows_.sequence, first + count - 1);
    if (*head) {
      rows_.head = **head;
      round_in_logs_ = true;
    } else {
      FirstRows found(rows_);
      // What it does not know it says; that is not asked here.
      (void)rocksdb::WriteBatch(std::string(record)).Iterate(&found);
    }
    last_log_ = log;
    broken_.clear();
    return success();
  }

  // Behind the last record of `log`.
  void end(const std::string& log, const std::optional<std::uint64_t>& broken_at) {
    if (gap_before_) return;
    if (broken_at) broken_ = log + " is damaged at byte " + std::to_string(*broken_at);
  }

  [[nodiscard]] Result<StoreRows> rows() const {
    if (gap_before_) return missing(0);
    return rows_;
  }

 private:
  // The first row of the logs may be one that is in tables too: not every family is written there at the same time.
  [[nodiscard]] bool follows(std::uint64_t first, const std::optional<RoundHead>& round) const {
    if (in_logs_ ? first != *in_logs_ : first > rows_.sequence + 1) return false;
    if (!round) return true;
    const RoundHead& last = rows_.head;
    if (round->lsn == last.lsn + 1) return round->previous == last.hash;
    return !round_in_logs_ && round->lsn <= last.lsn && (round->lsn < last.lsn || *round == last);
  }

  // `next` is the first round behind the gap, 0 where there is none.
  [[nodiscard]] Error missing(std::uint64_t next) const {
    const std::uint64_t from = rows_.head.lsn + 1;
    std::string detail = "rows are missing";
    if (next == from + 1) detail = "round " + std::to_string(from) + " is missing";
    if (next > from + 1) {
      detail = "rounds " + std::to_string(from) + " to " + std::to_string(next - 1) + " are missing";
    }
    if (!broken_.empty()) {
      detail += ": " + broken_;
    } else if (last_log_.empty()) {
      detail += ": what stood before " + *gap_before_ + " is in no table, and in no log that is here";
    } else {
      detail += ": " + last_log_ + " is shorter than it was, or a log between it and " + *gap_before_ + " is not here";
    }
    return {ErrorCode::store_corrupt, "the store has lost rows in the midst: " + detail,
            "put all files of the folder back as they were, or restore it from a backup or from another node"};
  }

  StoreRows rows_;
  std::optional<std::uint64_t> in_logs_;  // The sequence number that is next, once a log had a row.
  bool round_in_logs_ = false;
  std::string last_log_;
  std::string broken_;  // What is known of an end that is no record's, in the log before the one that is read.
  std::optional<std::string> gap_before_;
};

}  // namespace

Result<StoreRows> walk_logs(rocksdb::Env& env, const std::string& path, const StoreRows& tables) {
  const auto logs = log_format::logs_in(env, path);
  if (!logs.ok()) return logs.error();
  Chain chain(tables);
  for (const auto& log : *logs) {
    if (log.number < tables.first_log) continue;
    LogRecords records(env, path + "/" + log.name);
    for (;;) {
      const auto more = records.next();
      if (!more.ok()) return more.error();
      if (!*more) break;
      if (const Status taken = chain.take(log.name, records.record()); !taken.ok()) return taken.error();
    }
    chain.end(log.name, records.broken_at());
  }
  return chain.rows();
}

}  // namespace baton
