// A small language for engine tests: a bundle from Lua text, an instance, messages in, the turn's parts out. No IO.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "runtime/engine/check.hpp"
#include "runtime/engine/instance.hpp"
#include "runtime/engine/patient.hpp"

namespace baton {

class Programs : public ProgramSource {
 public:
  Programs();
  ~Programs() override;
  // Compiles and keeps a bundle; returns its hash. A broken bundle fails the test.
  std::string deploy(BundleFiles files);
  [[nodiscard]] std::shared_ptr<const Program> find(std::string_view hash) const override;

 private:
  std::map<std::string, std::shared_ptr<const Program>> programs_;
};

// One workflow called "test" whose run function has this body; and an activity test.work.
BundleFiles bundle_of(const std::string& body, const std::string& fields = "");

// Drives one instance and keeps what its turns wrote, as a store would. All of it is in engine_fixture.cpp, so that its many types are
// made once and not in each test file.
class InstanceFixture : public ::testing::Test {
 protected:
  InstanceFixture();
  ~InstanceFixture() override;

  void given(const std::string& body, const std::string& fields = "");

  // Runs one turn and keeps its parts; later parts of earlier turns are forgotten.
  void when(std::vector<InstanceMessage> messages);
  void when(InstanceMessage message);

  void start(JsonText input = "{}");
  void finish(OperationSeq seq, JsonText value, std::uint32_t attempt = 1);
  void fail(OperationSeq seq, const std::string& code, std::uint32_t attempt = 1, bool retryable = true);
  void fire_next_timer();
  // Forgets the process and reads everything back, as after a crash.
  void crash();

  [[nodiscard]] JsonText result() const { return record_->outcome.value; }
  [[nodiscard]] InstanceStatus status() const { return record_->status; }
  [[nodiscard]] std::vector<std::string> dispatched() const;
  // The entries of the current run.
  [[nodiscard]] std::vector<Entry> journal() const;
  // The journal's bytes, turn by turn.
  [[nodiscard]] std::string journal_bytes() const;
  [[nodiscard]] const IncidentRecord& only_incident() const;

  Programs programs_;
  std::string bundle_;
  std::unique_ptr<Instance> instance_;
  Instant now_{1'700'000'000'000};
  std::vector<Reply> replies_;
  std::optional<Error> refused_alone_;  // Of the last turn: nothing of it was kept.
  std::vector<Effect> effects_;
  std::vector<Change> changes_;
  std::vector<std::string> leaves_;

  std::map<EntryIndex, std::string> journal_;
  std::optional<InstanceRecord> record_;
  std::map<OperationSeq, PendingRecord> pending_;
  std::map<OperationSeq, PendingRecord> pending_rows_;  // Those that have a row.
  bool marked_ = false;                                 // As having open activities.
  std::map<OperationSeq, TaskRecord> tasks_;
  std::map<std::uint32_t, IncidentRecord> incidents_;
  struct TimerOrder {
    bool operator()(const TimerRecord& a, const TimerRecord& b) const {
      return std::tie(a.due, a.seq, a.purpose) < std::tie(b.due, b.seq, b.purpose);
    }
  };
  std::set<TimerRecord, TimerOrder> timers_;
  std::vector<OutboxRecord> outbox_;

 private:
  void store(const Change& change);
  // From the rows, and of an instance that is marked from its journal.
  void expect_that_recovery_would_find_what_is_pending();
};

}  // namespace baton
