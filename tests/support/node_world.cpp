#include "tests/support/node_world.hpp"

namespace baton::testing {

NodeWorld::NodeWorld(std::uint64_t seed) : env_(make_memory_env()), clock_(std::make_shared<ManualClock>(kNoon)) {
  options_.in_memory = true;
  options_.stepped = true;
  options_.seed = seed;
  options_.env = env_;
  options_.clock = clock_;
  options_.fatal = [](const std::string& why) { FAIL() << why; };
}

NodeWorld::~NodeWorld() { crash(); }

void NodeWorld::open() {
  auto opened = Node::open(options_);
  ASSERT_TRUE(opened.ok()) << to_string(opened.error());
  node_ = *std::move(opened);
}

void NodeWorld::crash() {
  if (node_) expect_sound_store();
  node_.reset();
}

void NodeWorld::expect_sound_store() {
  Scrubber scrubber(node_->reader().store());
  const auto findings = scrubber.run_pass();
  ASSERT_TRUE(findings.ok()) << to_string(findings.error());
  for (const Finding& finding : *findings) {
    ADD_FAILURE() << to_string(finding.kind) << " " << finding.subject << ": " << finding.detail;
  }
}

Node& NodeWorld::node() {
  if (!node_) open();
  return *node_;
}

JsonText NodeWorld::tell(Request request) {
  auto answer = ask(std::move(request));
  EXPECT_TRUE(answer.ok()) << to_string(answer.error());
  return answer.ok() ? *answer : JsonText("{}");
}

void NodeWorld::deploy(BundleFiles files, std::string name) {
  DeployRequest request;
  request.name = std::move(name);
  request.files = std::move(files);
  request.by = nurse();
  tell(std::move(request));
}

void NodeWorld::deploy_workflow(const std::string& body, const std::string& activities, const std::string& more) {
  BundleFiles files;
  files["workflows/flow.lua"] = "local workflow = require \"workflow\"\nreturn workflow.define { name = \"flow\"," +
                                more + " run = function(ctx, input)\n" + body + "\nend }\n";
  if (!activities.empty()) files["activities/work.lua"] = "return {\n" + activities + "\n}\n";
  deploy(std::move(files));
}

JsonText NodeWorld::start(const std::string& id, JsonText input) {
  StartRequest request;
  request.workflow = "flow";
  request.id = id;
  request.input = std::move(input);
  request.by = nurse();
  return tell(std::move(request));
}

Result<JsonText> NodeWorld::send(const std::string& instance, InstanceMessage message) {
  return ask(InstanceRequest{instance, std::move(message)});
}

Result<JsonText> NodeWorld::signal(const std::string& instance, const std::string& name, JsonText payload,
                                   std::string message_id) {
  SendSignal signal;
  signal.name = name;
  signal.payload = std::move(payload);
  signal.message_id = std::move(message_id);
  signal.by = nurse();
  return send(instance, std::move(signal));
}

void NodeWorld::pass(Duration time) {
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

InstanceRecord NodeWorld::instance(const std::string& id) {
  auto record = node().reader().instance(id);
  EXPECT_TRUE(record.ok() && record->has_value()) << id;
  return record.ok() && record->has_value() ? **record : InstanceRecord{};
}

std::map<std::string, int> NodeWorld::entries(const std::string& id) {
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

}  // namespace baton::testing
