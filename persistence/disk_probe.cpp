#include "persistence/disk_probe.hpp"

#include <fcntl.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <vector>

#include "runtime/base/codec.hpp"

namespace baton {
namespace {

using SteadyClock = std::chrono::steady_clock;

double seconds_since(SteadyClock::time_point begin) {
  return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

}  // namespace

FdatasyncProbe probe_fdatasync(const std::string& directory, double seconds) {
  const std::string path = directory + "/fdatasync-probe";
  const int file = ::open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return {};
  std::array<char, 512> block{};
  std::vector<double> times_ms;
  const auto begin = SteadyClock::now();
  while (seconds_since(begin) < seconds) {
    const auto from = SteadyClock::now();
    if (::write(file, block.data(), block.size()) != static_cast<ssize_t>(block.size()) || ::fdatasync(file) != 0)
      break;
    times_ms.push_back(seconds_since(from) * 1000);
  }
  const double elapsed = seconds_since(begin);
  ::close(file);
  ::unlink(path.c_str());
  if (times_ms.empty()) return {};
  std::nth_element(times_ms.begin(), times_ms.begin() + static_cast<std::ptrdiff_t>(times_ms.size() / 2),
                   times_ms.end());
  return {static_cast<double>(times_ms.size()) / elapsed, times_ms[times_ms.size() / 2]};
}

double probe_group_commit(const std::string& directory, double seconds) {
  constexpr int kRows = 256;
  const std::string path = directory + "/group-commit-probe";
  rocksdb::Options options;
  options.create_if_missing = true;
  options.allow_concurrent_memtable_write = false;
  rocksdb::DB* opened = nullptr;
  if (!rocksdb::DB::Open(options, path, &opened).ok()) return 0;
  std::unique_ptr<rocksdb::DB> db(opened);
  rocksdb::WriteOptions write;
  write.sync = true;
  const std::string value(500, 'x');
  std::uint64_t row = 0;
  const auto begin = SteadyClock::now();
  double elapsed = 0;
  while ((elapsed = seconds_since(begin)) < seconds) {
    rocksdb::WriteBatch batch;
    for (int i = 0; i < kRows; ++i) batch.Put(Writer().u64be(row++).view(), value);
    if (!db->Write(write, &batch).ok()) return 0;
  }
  db.reset();
  rocksdb::DestroyDB(path, options);
  return static_cast<double>(row) / elapsed;
}

}  // namespace baton
