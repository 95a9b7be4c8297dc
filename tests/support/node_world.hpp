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
  explicit NodeWorld(std::uint64_t seed = 1) : env_(make_memory_env()), clock_(std::make_shared<ManualClock>(kNoon)) {
    options_.in_memory = true;
    options_.stepped = true;
    options_.seed = seed;
    options_.env = env_;
    options_.clock = clock_;
    options_.fatal = [](const std::string& why) { FAIL() << why; };
  }

  [[nodiscard]] NodeOptions& options() { return options_; }
  [[nodiscard]] ManualClock& clock() { return *clock_; }

  void open() {
    auto opened = Node::open(options_);
    ASSERT_TRUE(opened.ok()) << to_string(opened.error());
    node_ = *std::move(opened);
  }
  // What was not committed is gone. What was committed has to be sound, wherever this comes.
  void crash() {
    if (node_) expect_sound_store();
    node_.reset();
  }
  ~NodeWorld() { crash(); }
  NodeWorld(const NodeWorld&) = delete;
  NodeWorld& operator=(const NodeWorld&) = delete;

  // Nothing is silently stuck, and records, indexes, journals and ledger agree.
  void expect_sound_store() {
    Scrubber scrubber(node_->reader().store());
    const auto findings = scrubber.run_pass();
    ASSERT_TRUE(findings.ok()) << to_string(findings.error());
    for (const Finding& finding : *findings) {
      ADD_FAILURE() << to_string(finding.kind) << " " << finding.subject << ": " << finding.detail;
    }
  }
  [[nodiscard]] bool is_open() const { return node_ != nullptr; }
  Node& node() {
    if (!node_) open();
    return *node_;
  }

  Result<JsonText> ask(Request request) { return node().submit_and_wait(std::move(request)); }
  // The answer; a failed request fails the test.
  JsonText tell(Request request) {
    auto answer = ask(std::move(request));
    EXPECT_TRUE(answer.ok()) << to_string(answer.error());
    return answer.ok() ? *answer : JsonText("{}");
  }

  void deploy(BundleFiles files, std::string name = "test") {
    DeployRequest request;
    request.name = std::move(name);
    request.files = std::move(files);
    request.by = nurse();
    tell(std::move(request));
  }
  // A bundle with one workflow, whose run function has this body, and one module of activities.
  void deploy_workflow(const std::string& body, const std::string& activities = {}, const std::string& more = {}) {
    BundleFiles files;
    files["workflows/flow.lua"] = "local workflow = require \"workflow\"\nreturn workflow.define { name = \"flow\"," +
                                  more + " run = function(ctx, input)\n" + body + "\nend }\n";
    if (!activities.empty()) files["activities/work.lua"] = "return {\n" + activities + "\n}\n";
    deploy(std::move(files));
  }

  JsonText start(const std::string& id, JsonText input = "{}") {
    StartRequest request;
    request.workflow = "flow";
    request.id = id;
    request.input = std::move(input);
    request.by = nurse();
    return tell(std::move(request));
  }
  Result<JsonText> send(const std::string& instance, InstanceMessage message) {
    return ask(InstanceRequest{instance, std::move(message)});
  }
  Result<JsonText> signal(const std::string& instance, const std::string& name, JsonText payload = "{}",
                          std::string message_id = {}) {
    SendSignal signal;
    signal.name = name;
    signal.payload = std::move(payload);
    signal.message_id = std::move(message_id);
    signal.by = nurse();
    return send(instance, std::move(signal));
  }

  void run() { node().run_until_idle(); }
  // Lets time pass, stopping wherever something is due on the way.
  void pass(Duration time) {
    const Instant until = clock_->now() + time;
    run();
    while (true) {
      const auto next = node().next_due();
      if (!next || *next > until) break;
      clock_->set(std::max(*next, clock_->now()));
      run();
    }
    clock_->set(until);
    run();
  }

  [[nodiscard]] InstanceRecord instance(const std::string& id) {
    auto record = node().reader().instance(id);
    EXPECT_TRUE(record.ok() && record->has_value()) << id;
    return record.ok() && record->has_value() ? **record : InstanceRecord{};
  }
  [[nodiscard]] std::string status(const std::string& id) { return std::string(to_string(instance(id).status)); }
  [[nodiscard]] JsonText result(const std::string& id) { return instance(id).outcome.value; }

  // The journal's entries by name, and how often each.
  [[nodiscard]] std::map<std::string, int> entries(const std::string& id) {
    std::map<std::string, int> counts;
    auto rows = node().reader().journal(id);
    if (!rows.ok()) return counts;
    for (const JournalRow& row : *rows) {
      auto decoded = decode_entries(row.row);
      if (!decoded.ok()) continue;
      for (const Entry& entry : *decoded) ++counts[std::string(name_of(entry.body))];
    }
    return counts;
  }

 private:
  std::shared_ptr<rocksdb::Env> env_;
  std::shared_ptr<ManualClock> clock_;
  NodeOptions options_;
  std::unique_ptr<Node> node_;
};

}  // namespace baton::testing
