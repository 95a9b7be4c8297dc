#include "actors/testing/test_node.hpp"

#include <utility>

#include "persistence/memory_env.hpp"

namespace baton::testing {

namespace {

constexpr Instant kFirstMoment{1'767'625'200'000};  // 2026-01-05T15:00:00Z, a Monday morning in the United States.
constexpr std::size_t kStepsAtRest = 5'000'000;     // Of one settling; more is a bundle that never comes to rest.
constexpr int kTries = 3;
// Where a node keeps its store and its keys, in memory.
const std::vector<std::string> kDirectories = {"/baton", "/baton/store", "/baton/keys"};

Error restless() {
  return {ErrorCode::request_timeout, "the workflows never come to rest: something repeats without time passing", {}};
}

bool was_done(const Error& error) {
  return error.code == ErrorCode::conflict || error.code == ErrorCode::already_exists;
}

// Answers at once; what waits for the answer goes on in a step of its own.
class AnsweringPort : public HttpPort {
 public:
  explicit AnsweringPort(std::function<Result<HttpAnswer>(const HttpCall&)> answer) : answer_(std::move(answer)) {}
  void send(HttpCall call, std::function<void(Result<HttpAnswer>)> done) override { done(answer_(call)); }

 private:
  std::function<Result<HttpAnswer>(const HttpCall&)> answer_;
};

NodeOptions test_options(const std::shared_ptr<const Program>& program, std::shared_ptr<rocksdb::Env> disk) {
  NodeOptions options;
  options.in_memory = true;
  options.stepped = true;
  options.env = std::move(disk);
  options.compiled = {program};
  return options;
}

}  // namespace

Result<TestBundle> deploy_for_tests(std::shared_ptr<const Program> program) {
  TestBundle bundle{program, make_memory_env()};
  NodeOptions options = test_options(program, bundle.disk);
  options.clock = std::make_shared<ManualClock>(kFirstMoment);
  auto node = Node::open(options);
  if (!node.ok()) return node.error();
  DeployRequest deploy;
  deploy.name = program->name();
  deploy.files = program->files();
  deploy.by = Principal{PrincipalKind::person, "tester", "", "local", ""};
  const auto deployed = (*node)->submit_and_wait(std::move(deploy));
  if (!deployed.ok()) return deployed.error();
  // Opened once more, the store has the bundle in a table and not in its log: every copy opens faster.
  node->reset();
  node = Node::open(options);
  if (!node.ok()) return node.error();
  (*node)->run_until_idle();
  return bundle;
}

TestNode::TestNode(const TestBundle& bundle, std::uint64_t seed, std::size_t crash_at, Outside outside)
    : clock_(std::make_shared<ManualClock>(kFirstMoment)),
      crash_at_(crash_at),
      options_(test_options(bundle.program, copy_memory_env(*bundle.disk, kDirectories))),
      began_(kFirstMoment) {
  options_.seed = seed;
  options_.clock = clock_;
  // What an activity did is counted by its idempotency key.
  options_.activity_stand_in = [this, work = std::move(outside.work)](const PendingRecord& pending) {
    worked_ = true;
    work_.insert({pending.operation.name, pending.instance, pending.operation.seq});
    return work(pending);
  };
  options_.http = std::make_shared<AnsweringPort>([this, http = std::move(outside.http)](const HttpCall& call) {
    worked_ = true;
    return http(call);
  });
  options_.script_log = [this](const WriteLog& line) {
    log_.push_back(line.level + " " + line.instance + ": " + line.text);
  };
}

TestNode::~TestNode() = default;

Status TestNode::open() {
  auto opened = Node::open(options_);
  if (!opened.ok()) return opened.error();
  node_ = *std::move(opened);
  last_round_ = rounds();
  return success();
}

Status TestNode::start() {
  if (node_ != nullptr) return success();
  began_ = clock_->now();
  if (Status opened = open(); !opened) return opened;
  if (Status settled = settle(); !settled) return settled;
  counting_ = true;
  return success();
}

std::uint64_t TestNode::rounds() const {
  const auto head = node_->reader().store().head();
  BATON_ASSERT(head.ok());  // The store is in memory.
  return head->lsn;
}

Result<bool> TestNode::step() {
  worked_ = false;
  if (!node_->run_one()) return false;
  const std::uint64_t round = rounds();
  if (!counting_ || (round == last_round_ && !worked_)) return true;
  last_round_ = round;
  if (++moments_ == crash_at_) {
    if (Status crashed = crash(); !crashed) return crashed.error();
  }
  return true;
}

Status TestNode::crash() {
  if (Status started = start(); !started) return started;
  node_.reset();
  ++crashes_;
  return open();
}

Status TestNode::settle() {
  for (std::size_t steps = 0; steps < kStepsAtRest; ++steps) {
    const auto more = step();
    if (!more.ok()) return more.error();
    if (!*more) return success();
  }
  return restless();
}

Status TestNode::move_clock(Instant to) {
  if (node_ == nullptr) {
    clock_->set(to);
    return success();
  }
  if (to < now()) {
    return Error{ErrorCode::bad_time,
                 "the clock cannot go back, from " + format_instant(now()) + " to " + format_instant(to),
                 {}};
  }
  while (true) {
    if (Status settled = settle(); !settled) return settled;
    const auto due = node_->next_due();
    if (!due || *due > to) break;
    if (*due <= now()) return restless();
    clock_->set(*due);
    node_->clock_was_set();
  }
  clock_->set(to);
  node_->clock_was_set();
  return settle();
}

Result<JsonText> TestNode::request(const Request& request, const std::function<bool()>& done) {
  if (Status started = start(); !started) return started.error();
  for (int tries = 0; tries < kTries; ++tries) {
    const std::size_t crashes = crashes_;
    const auto answer = std::make_shared<std::optional<Result<JsonText>>>();
    node_->submit(request, [answer](Result<JsonText> given) { *answer = std::move(given); });
    if (Status settled = settle(); !settled) return settled.error();
    const bool interrupted = crashes_ != crashes && answer->has_value() && !(*answer)->ok() &&
                             (*answer)->error().code == ErrorCode::stopping;
    if (interrupted) {
      if (done && done()) return JsonText();
      continue;
    }
    if (!answer->has_value()) {
      return Error{ErrorCode::request_timeout, "the answer waits for something: time, a person or the outside", {}};
    }
    if (tries > 0 && !(*answer)->ok() && was_done((*answer)->error())) return JsonText();
    return **std::move(answer);
  }
  return Error{ErrorCode::stopping, "the request was interrupted again and again", {}};
}

}  // namespace baton::testing
