// A round is gathered while the one before is on its way to the disk.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "persistence/erasures.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/store_world.hpp"

namespace baton {
namespace {

using namespace test;

Change note(const std::string& key) { return PutNamed{"settings", key, "v"}; }

// A disk that takes as long as the test wants.
class HeldLog final : public CommitLog {
 public:
  explicit HeldLog(CommitLog& log) : log_(log) {}
  Result<Leadership> acquire() override { return log_.acquire(); }
  Status append(std::uint64_t epoch, std::uint64_t expected, std::span<SealedRound> rounds,
                const std::function<void()>& durable) override {
    std::unique_lock lock(mutex_);
    ++begun_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return begun_ <= allowed_; });
    if (begun_ == failing_) return Error{ErrorCode::io_failed, "sync failed", ""};
    return log_.append(epoch, expected, rounds, durable);
  }
  Result<RoundHead> tail() const override { return log_.tail(); }
  Result<std::vector<SealedRound>> read(std::uint64_t after, std::size_t limit) const override {
    return log_.read(after, limit);
  }
  Status trim(std::uint64_t upto) override { return log_.trim(upto); }

  void wait_for(int appends) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_ >= appends; });
  }
  void allow(int appends) {
    const std::lock_guard lock(mutex_);
    allowed_ = appends;
    changed_.notify_all();
  }
  void fail(int append) {
    const std::lock_guard lock(mutex_);
    failing_ = append;
  }
  [[nodiscard]] int begun() {
    const std::lock_guard lock(mutex_);
    return begun_;
  }

 private:
  CommitLog& log_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int begun_ = 0;
  int allowed_ = 0;
  int failing_ = 0;
};

// What was said done, in order.
class DoneList {
 public:
  Committer::Done of(std::string name) {
    return [this, name = std::move(name)](Turn&&) {
      const std::lock_guard lock(mutex_);
      names_ += name;
      changed_.notify_all();
    };
  }
  std::string wait_for(std::size_t size) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return names_.size() >= size; });
    return names_;
  }
  std::string now() {
    const std::lock_guard lock(mutex_);
    return names_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string names_;
};

struct Ahead {
  explicit Ahead(StoreWorld::Rows rows = StoreWorld::Rows::clear) : world(rows), log(*world.log) {
    world.committer.reset();
    CommitterOptions options;
    options.round_turns = options.ahead_turns = 1;
    options.on_fatal = [this](const Error&) { ++fatal; };
    committer = must(Committer::start(*world.store, log, world.mark.get(), options));
  }

  StoreWorld world;
  HeldLog log;
  DoneList done;
  std::atomic<int> fatal{0};
  std::unique_ptr<Committer> committer;
};

TEST(CommitterAhead, says_done_in_order_and_only_for_what_has_landed) {
  Ahead ahead;
  for (const std::string name : {"a", "b", "c", "d"}) {
    ahead.committer->submit(turn_of({note(name)}), ahead.done.of(name));
  }
  ahead.log.wait_for(1);
  EXPECT_EQ(ahead.done.now(), "");
  ahead.log.allow(1);
  ahead.log.wait_for(2);
  EXPECT_EQ(ahead.done.wait_for(1), "a") << "b is on its way";
  ahead.log.allow(2);
  ahead.log.wait_for(3);
  EXPECT_EQ(ahead.done.wait_for(2), "ab");
  ahead.log.allow(4);
  ahead.committer->drain();
  EXPECT_EQ(ahead.done.now(), "abcd");
  EXPECT_EQ(must(ahead.world.store->head()).lsn, 4u);
}

TEST(CommitterAhead, after_a_round_that_failed_neither_it_nor_the_one_gathered_meanwhile_is_done_or_written) {
  Ahead ahead;
  ahead.log.fail(2);
  for (const std::string name : {"a", "b", "c"}) {
    ahead.committer->submit(turn_of({note(name)}), ahead.done.of(name));
  }
  ahead.log.allow(9);
  ahead.committer->stop();
  EXPECT_EQ(ahead.done.now(), "a");
  EXPECT_EQ(ahead.log.begun(), 2);
  EXPECT_EQ(ahead.fatal, 1);
  EXPECT_TRUE(ahead.committer->failed());
}

TEST(CommitterAhead, stop_waits_for_the_round_that_is_on_its_way) {
  Ahead ahead;
  for (const std::string name : {"a", "b", "c"}) {
    ahead.committer->submit(turn_of({note(name)}), ahead.done.of(name));
  }
  ahead.log.wait_for(1);
  std::jthread opener([&] { ahead.log.allow(9); });
  ahead.committer->stop();
  EXPECT_EQ(ahead.done.now(), "abc");
}

// Of each person two rounds, one behind the other: for nearly all the second is gathered before the store has the first.
TEST(CommitterAhead, a_key_that_was_given_in_a_round_on_its_way_seals_the_next_one_too) {
  Ahead ahead(StoreWorld::Rows::sealed);
  PatientRecord patient = sample_patient();
  for (int person = 0; person < 20; ++person) {
    patient.id = "p-" + std::to_string(person);
    for (const std::string name : {"a", "b"}) {
      patient.demographics = "{\"name\":\"" + name + "\"}";
      ahead.committer->submit(turn_of({PutPatient{patient}}), ahead.done.of(name));
    }
  }
  ahead.log.allow(99);
  ahead.committer->drain();
  EXPECT_EQ(must(keys_used(*ahead.world.store)).value(), 20u) << "one for each of them";
  for (int person = 0; person < 20; ++person) {
    EXPECT_EQ(must(ahead.world.reader().patient("p-" + std::to_string(person)))->demographics, R"({"name":"b"})");
  }
}

TEST(CommitterAhead, what_follows_the_retirement_of_a_key_is_sealed_under_another) {
  Ahead ahead(StoreWorld::Rows::sealed);
  const PatientRecord patient = sample_patient();
  const std::string owner = key_owner_of_patient(patient.id);
  ahead.committer->submit(turn_of({PutPatient{patient}}), ahead.done.of("a"));
  ahead.committer->submit(turn_of({RetireKey{owner, "e"}}), ahead.done.of("b"));
  ahead.committer->submit(turn_of({PutPatient{patient}}), ahead.done.of("c"));
  ahead.committer->submit(turn_of({PutPatient{patient}}), ahead.done.of("d"));
  ahead.log.allow(9);
  ahead.committer->drain();
  std::vector<KeyNumber> retired;
  for (const RetiredKey& key : must(retired_keys(ahead.world.reader(), "e"))) retired.push_back(key.number);
  ASSERT_EQ(retired.size(), 1u);
  must(ahead.world.store->keys()->destroy(retired));
  EXPECT_EQ(must(ahead.world.reader().patient(patient.id)), patient);
}

}  // namespace
}  // namespace baton
