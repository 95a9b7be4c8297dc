// What one run of a test case asks of the world: each verb of workflows-lua/testing/test.lua, done on a TestNode. Owned by one thread.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "actors/testing/test_json.hpp"
#include "actors/testing/test_node.hpp"
#include "runtime/script/test_run.hpp"

namespace baton::testing {

class TestWorld : public TestHost {
 public:
  // `crash_at` as for TestNode.
  TestWorld(const TestBundle& bundle, std::uint64_t seed, std::size_t crash_at);

  // Who answers activities and HTTP. Borrowed; set before the case runs.
  void answered_by(TestRun& tests) { tests_ = &tests; }

  [[nodiscard]] Result<JsonText> ask(std::string_view verb, const JsonText& arguments) override;

  // After the case: replays the journal of every instance, and compares. Error: replay_mismatch.
  [[nodiscard]] Status replay_all();
  [[nodiscard]] bool crash_everywhere() const { return crash_everywhere_; }
  [[nodiscard]] const TestNode& node() const { return node_; }
  // How everything ended; see end_facts.
  [[nodiscard]] std::set<std::string> facts() const;
  [[nodiscard]] std::string histories() const;

 private:
  using Verb = Result<JsonText> (TestWorld::*)(const Arguments&);
  [[nodiscard]] static Verb find_verb(std::string_view name);

  // test_world_time.cpp: time, crashes, and what is outside.
  Result<JsonText> clock(const Arguments& arguments);
  Result<JsonText> skip(const Arguments& arguments);
  Result<JsonText> tell_now(const Arguments& arguments);
  Result<JsonText> check_activity(const Arguments& arguments);
  Result<JsonText> run_activity(const Arguments& arguments);
  Result<JsonText> map(const Arguments& arguments);
  Result<JsonText> crash(const Arguments& arguments);
  Result<JsonText> ask_crash_everywhere(const Arguments& arguments);
  Result<JsonText> situation(const Arguments& arguments);

  // test_world.cpp: instances, events and people.
  Result<JsonText> start(const Arguments& arguments);
  Result<JsonText> event(const Arguments& arguments);
  Result<JsonText> message(const Arguments& arguments);
  Result<JsonText> instances(const Arguments& arguments);
  Result<JsonText> instance(const Arguments& arguments);
  Result<JsonText> history(const Arguments& arguments);
  Result<JsonText> signal(const Arguments& arguments);
  Result<JsonText> query(const Arguments& arguments);
  Result<JsonText> update(const Arguments& arguments);
  Result<JsonText> cancel(const Arguments& arguments);
  Result<JsonText> tasks(const Arguments& arguments);
  Result<JsonText> claim(const Arguments& arguments);
  Result<JsonText> decide(const Arguments& arguments);
  Result<JsonText> alerts(const Arguments& arguments);
  Result<JsonText> settle_alert(const Arguments& arguments);
  Result<JsonText> override_outcome(const Arguments& arguments);
  Result<JsonText> incidents(const Arguments& arguments);
  Result<JsonText> resolve(const Arguments& arguments);
  Result<JsonText> replay(const Arguments& arguments);

  [[nodiscard]] Result<JsonText> accept(AcceptRequest request);
  [[nodiscard]] Result<JsonText> act_on_task(const Arguments& arguments, ActOnTask action);
  [[nodiscard]] Status replay_instance(const InstanceRecord& instance);
  [[nodiscard]] std::string patient_named(const std::string& text) const;
  [[nodiscard]] std::string next_id(std::string_view prefix);
  // The instance's message, asked and answered.
  [[nodiscard]] Result<JsonText> tell(const Arguments& arguments, InstanceMessage message,
                                      const std::function<bool()>& done = {});

  std::shared_ptr<const Program> program_;
  TestNode node_;
  TestRun* tests_ = nullptr;
  bool asking_ = false;  // A mock must not ask: it answers in the middle of a step.
  bool crash_everywhere_ = false;
  std::uint64_t last_id_ = 0;
};

}  // namespace baton::testing
