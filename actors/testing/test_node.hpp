// The node that a test case runs on: stepped, in memory, with a clock that stands still, and with a process that can die
// at any moment and come back. Owned by one thread.
//
// A moment is a point at which a crash can matter: right after a commit, before anything of it was released further, and
// right after an activity did its work (or asked the outside), before its result is committed. Moments of a case are counted from 1; with the
// same seed they are the same in every run, up to the first crash.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "actors/node.hpp"
#include "actors/testing/end_facts.hpp"

namespace baton::testing {

// A bundle, and a store in memory in which it is deployed: made once, copied for each run.
struct TestBundle {
  std::shared_ptr<const Program> program;
  std::shared_ptr<rocksdb::Env> disk;
};
// Errors: Node::open's and the deployment's.
[[nodiscard]] Result<TestBundle> deploy_for_tests(std::shared_ptr<const Program> program);

class TestNode {
 public:
  // What is outside, answered by the case.
  struct Outside {
    // Does an activity's work in the place of the pool, or nothing: the pool shall run it.
    std::function<std::optional<ActivityEnded>(const PendingRecord&)> work;
    // Answers the HTTP of an activity that the pool runs.
    std::function<Result<HttpAnswer>(const HttpCall&)> http;
  };

  // `crash_at`: the moment at which the node dies once; 0 for never.
  TestNode(const TestBundle& bundle, std::uint64_t seed, std::size_t crash_at, Outside outside);
  ~TestNode();
  TestNode(const TestNode&) = delete;
  TestNode& operator=(const TestNode&) = delete;

  [[nodiscard]] Instant now() const { return clock_->now(); }
  [[nodiscard]] Instant began() const { return began_; }
  [[nodiscard]] bool started() const { return node_ != nullptr; }
  // Opens the node, the first time. Errors: Node::open's.
  [[nodiscard]] Status start();

  // Moves the clock, firing each timer on the way at its own time, everything settled in between. Before the node has
  // started any time will do. Error: bad_time for one that has passed.
  [[nodiscard]] Status move_clock(Instant to);
  // Asks, settles everything, and gives the answer. A request that a crash interrupted is sent again, as a caller would
  // do; one that was done before the crash then meets its own effect (conflict, already_exists), and its answer is
  // empty. `done`, if given, says after a crash whether that is so for a request that has no id of its own.
  [[nodiscard]] Result<JsonText> request(const Request& request, const std::function<bool()>& done = {});
  // Drops what is not durable, and recovers.
  [[nodiscard]] Status crash();
  [[nodiscard]] Status settle();

  // Precondition: started().
  [[nodiscard]] const StoreReader& reader() const { return node_->reader(); }
  [[nodiscard]] std::shared_ptr<const Program> live_program(std::string_view workflow) const {
    return node_->live_program(workflow);
  }

  [[nodiscard]] std::size_t moments() const { return moments_; }
  // "<level> <instance>: <text>" of all that ctx:log said, in its order.
  [[nodiscard]] const std::vector<std::string>& log() const { return log_; }
  [[nodiscard]] const std::set<WorkDone>& work() const { return work_; }

 private:
  [[nodiscard]] Status open();
  // One step; false when there is nothing to do. May crash and recover.
  [[nodiscard]] Result<bool> step();
  [[nodiscard]] std::uint64_t rounds() const;

  std::shared_ptr<ManualClock> clock_;
  std::size_t crash_at_;
  NodeOptions options_;
  Instant began_;
  std::unique_ptr<Node> node_;
  std::uint64_t last_round_ = 0;
  std::size_t moments_ = 0;
  std::size_t crashes_ = 0;
  bool counting_ = false;  // Not while the node starts.
  bool worked_ = false;    // An activity did its work in this step, or asked the outside.
  std::set<WorkDone> work_;
  std::vector<std::string> log_;
};

}  // namespace baton::testing
