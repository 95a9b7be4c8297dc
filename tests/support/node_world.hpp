// A node under test, without threads and with a clock that stands still: a store in memory that outlives the node, so
// that a test can crash it anywhere and open another on what is left.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "actors/node.hpp"
#include "persistence/memory_env.hpp"
#include "persistence/scrubber.hpp"

namespace baton::testing {

constexpr Instant kNoon{1'763'640'000'000};  // 2025-11-20T12:00:00Z.

inline Principal nurse() {
  Principal by;
  by.kind = PrincipalKind::person;
  by.subject = "nurse-1";
  by.authentication = "local";
  return by;
}

class NodeWorld {
 public:
  explicit NodeWorld(std::uint64_t seed = 1);

  [[nodiscard]] NodeOptions& options() { return options_; }
  [[nodiscard]] ManualClock& clock() { return *clock_; }

  void open();
  // What was not committed is gone. What was committed has to be sound, wherever this comes.
  void crash();
  ~NodeWorld();
  NodeWorld(const NodeWorld&) = delete;
  NodeWorld& operator=(const NodeWorld&) = delete;

  // Nothing is silently stuck, and records, indexes, journals and ledger agree.
  void expect_sound_store();
  [[nodiscard]] bool is_open() const { return node_ != nullptr; }
  Node& node();

  Result<JsonText> ask(Request request) { return node().submit_and_wait(std::move(request)); }
  // The answer; a failed request fails the test.
  JsonText tell(Request request);

  void deploy(BundleFiles files, std::string name = "test");
  // A bundle with one workflow, whose run function has this body, and one module of activities.
  void deploy_workflow(const std::string& body, const std::string& activities = {}, const std::string& more = {});

  JsonText start(const std::string& id, JsonText input = "{}");
  Result<JsonText> send(const std::string& instance, InstanceMessage message);
  Result<JsonText> signal(const std::string& instance, const std::string& name, JsonText payload = "{}",
                          std::string message_id = {});

  void run() { node().run_until_idle(); }
  // Lets time pass, stopping wherever something is due on the way.
  void pass(Duration time);

  [[nodiscard]] InstanceRecord instance(const std::string& id);
  [[nodiscard]] std::string status(const std::string& id) { return std::string(to_string(instance(id).status)); }
  [[nodiscard]] JsonText result(const std::string& id) { return instance(id).outcome.value; }

  // The journal's entries by name, and how often each.
  [[nodiscard]] std::map<std::string, int> entries(const std::string& id);

 private:
  std::shared_ptr<rocksdb::Env> env_;
  std::shared_ptr<ManualClock> clock_;
  NodeOptions options_;
  std::unique_ptr<Node> node_;
};

}  // namespace baton::testing
