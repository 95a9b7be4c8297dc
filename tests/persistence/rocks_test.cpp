// How the database is opened: what it promises, and what it leaves to others.
#include "persistence/rocks.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/support/store_world.hpp"

namespace baton {
namespace {

using namespace test;

// The limit of open files of this process, until the test ends.
class FilesAllowed {
 public:
  explicit FilesAllowed(rlim_t files) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit now = before_;
    now.rlim_cur = files;
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &now), 0);
  }
  ~FilesAllowed() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  FilesAllowed(const FilesAllowed&) = delete;
  FilesAllowed& operator=(const FilesAllowed&) = delete;

 private:
  rlimit before_{};
};

TEST(Rocks, takes_a_quarter_of_the_files_that_may_be_open_where_those_are_few) {
  const FilesAllowed few(256);
  const StoreWorld world;
  EXPECT_EQ(world.store->rocks().db->GetDBOptions().max_open_files, 64);
}

TEST(Rocks, never_takes_less_than_it_needs) {
  const FilesAllowed fewer(48);
  const StoreWorld world;
  EXPECT_EQ(world.store->rocks().db->GetDBOptions().max_open_files, 20);
}

TEST(Rocks, speaks_of_another_baton_only_where_somebody_has_the_lock) {
  const auto code_of_error = [](const char* what, const char* why) {
    return error_of(rocksdb::Status::IOError(what, why), "it cannot be done").code;
  };
  EXPECT_EQ(code_of_error("While lock file: /data/store/LOCK", "Resource temporarily unavailable"),
            ErrorCode::store_locked);
  EXPECT_EQ(code_of_error("While open a file for lock: /data/store/LOCK", "Permission denied"), ErrorCode::io_failed);
  EXPECT_EQ(code_of_error("While appending to file: /mnt/block-1/store/000004.log", "Input/output error"),
            ErrorCode::io_failed);
}

TEST(Rocks, is_opened_so_that_damage_is_seen) {
  const StoreWorld world;
  const rocksdb::DBOptions options = world.store->rocks().db->GetDBOptions();
  EXPECT_TRUE(options.paranoid_checks);
  EXPECT_TRUE(options.track_and_verify_wals_in_manifest);
  EXPECT_EQ(options.wal_recovery_mode, rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords);
  EXPECT_TRUE(world.store->rocks().write_options.sync);
}

TEST(Rocks, tells_a_file_that_it_may_not_read_from_damage_and_from_a_store_that_is_open) {
  using rocksdb::Status;
  const auto code = [](const Status& status) { return error_of(status, "the store cannot be opened").code; };
  EXPECT_EQ(code(Status::InvalidArgument("options: IO error: open CURRENT: Permission denied")), ErrorCode::io_failed);
  EXPECT_EQ(code(Status::InvalidArgument("options")), ErrorCode::store_corrupt);
  EXPECT_EQ(code(Status::IOError("While open a file for lock: /s/LOCK: Permission denied")), ErrorCode::io_failed);
  EXPECT_EQ(code(Status::IOError("While appending to file: /blocks/s/1.log", "No space left")), ErrorCode::io_failed);
  EXPECT_EQ(code(Status::IOError("While lock file: /s/LOCK", "Resource temporarily unavailable")),
            ErrorCode::store_locked);
}

}  // namespace
}  // namespace baton
