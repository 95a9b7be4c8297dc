// Witnesses of a running node: each checkpoint is cosigned, and a store that was rolled back is found out by them.
#include <fstream>
#include <functional>
#include <map>

#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/ledger/note_key.hpp"
#include "persistence/ledger/witness.hpp"
#include "persistence/ledger_source.hpp"
#include "tests/support/node_world.hpp"
#include "tests/support/scratch_folder.hpp"

namespace baton::testing {
namespace {

class Memory : public WitnessMemory {
 public:
  Result<std::optional<std::string>> last_note(std::string_view origin) const override {
    const auto found = notes.find(std::string(origin));
    return found == notes.end() ? std::optional<std::string>() : found->second;
  }
  Status remember(std::string_view origin, std::string_view note) override {
    notes[std::string(origin)] = note;
    return success();
  }
  std::map<std::string, std::string> notes;
};

// A real witness behind an HTTP port that answers when it is told to.
class WitnessPort : public HttpPort {
 public:
  WitnessPort()
      : key(*NoteSigningKey::generate("witness.example/w", NoteKeyType::cosignature_v1)),
        verifier(*parse_verifier_key(key.verifier_key())) {}
  void watch(const std::string& log_key) {
    auto log = *parse_verifier_key(log_key);
    witness = std::make_unique<Witness>(key.signer([] { return 1'700'000'000; }),
                                        std::vector<WitnessedLog>{{log->name(), {log}}}, memory);
  }
  void send(HttpCall call, std::function<void(Result<HttpAnswer>)> done) override {
    waiting.emplace_back(std::move(call), std::move(done));
  }
  // Answers all that is asked, and what is asked because of the answers.
  void answer(NodeWorld& world) {
    while (!waiting.empty()) {
      auto [call, done] = std::move(waiting.front());
      waiting.erase(waiting.begin());
      WitnessAnswer said;
      if (call.method == "POST") {
        said = witness->add_checkpoint(call.body);
      } else {
        const std::size_t end = call.url.rfind('/');
        const std::size_t begin = call.url.rfind('/', end - 1);
        said = witness->checkpoint(call.url.substr(begin + 1, end - begin - 1));
      }
      done(HttpAnswer{said.status, {}, said.body});
      world.run();
    }
  }

  NoteSigningKey key;
  std::shared_ptr<const NoteVerifier> verifier;
  Memory memory;
  std::unique_ptr<Witness> witness;
  std::vector<std::pair<HttpCall, std::function<void(Result<HttpAnswer>)>>> waiting;
};

std::string last_note(const Node& node) {
  const StoreLedgerSource source(node.reader().store());
  const auto note = LedgerReader(source).last_checkpoint();
  return note.ok() ? *note : std::string();
}

class WitnessClientTest : public ::testing::Test {
 protected:
  WitnessClientTest() : port_(std::make_shared<WitnessPort>()) {
    world_.options().http = port_;
    world_.options().audit_origin = "hospital.example/audit";
    world_.options().audit_witnesses = {{"http://witness.example/w/", port_->key.verifier_key()}};
  }
  // True when the newest checkpoint is cosigned by the witness.
  bool cosigned() {
    const auto log = *parse_verifier_key(world_.node().audit_key());
    const NoteVerifier* const witness = port_->verifier.get();
    return open_checkpoint(last_note(world_.node()), {log.get(), {&witness, 1}, 1}).ok();
  }

  NodeWorld world_;
  std::shared_ptr<WitnessPort> port_;
};

TEST_F(WitnessClientTest, each_checkpoint_is_cosigned_before_and_after_a_restart) {
  port_->watch(world_.node().audit_key());
  world_.deploy_workflow("return 1");
  world_.pass(Duration{1'000});
  EXPECT_FALSE(cosigned());
  port_->answer(world_);
  EXPECT_TRUE(cosigned());
  world_.crash();
  world_.open();
  world_.start("one");
  world_.pass(Duration{1'000});
  port_->answer(world_);
  EXPECT_TRUE(cosigned());
}

TEST_F(WitnessClientTest, a_witness_that_cannot_be_reached_is_asked_again_and_nothing_waits_for_it) {
  port_->watch(world_.node().audit_key());
  world_.deploy_workflow("return 1");
  world_.pass(Duration{1'000});
  ASSERT_EQ(port_->waiting.size(), 1u);
  auto done = std::move(port_->waiting.front().second);
  port_->waiting.clear();
  done(Error{ErrorCode::unreachable, "nobody is there", {}});
  world_.start("one");
  EXPECT_EQ(world_.status("one"), "completed");
  world_.pass(Duration{11'000});
  EXPECT_FALSE(port_->waiting.empty());
  port_->answer(world_);
  EXPECT_TRUE(cosigned());
}

TEST_F(WitnessClientTest, a_late_cosignature_does_not_put_the_copy_beside_the_store_back) {
  const ScratchFolder scratch;
  world_.options().in_memory = false;
  world_.options().env = nullptr;
  world_.options().data_directory = (scratch / "data").string();
  port_->watch(world_.node().audit_key());
  world_.pass(Duration{1'000});
  ASSERT_EQ(port_->waiting.size(), 1u);
  auto [call, done] = std::move(port_->waiting.front());
  port_->waiting.clear();
  world_.deploy_workflow("return 1");
  world_.pass(Duration{1'000});
  const auto copied = [&] {
    std::ifstream file(scratch / "data/ledger.checkpoint");
    return std::string{std::istreambuf_iterator<char>(file), {}};
  };
  EXPECT_EQ(copied(), last_note(world_.node()));
  const WitnessAnswer said = port_->witness->add_checkpoint(call.body);
  done(HttpAnswer{said.status, {}, said.body});
  world_.run();
  EXPECT_EQ(copied(), last_note(world_.node()));
  world_.crash();
}

TEST_F(WitnessClientTest, a_store_from_before_what_the_witness_has_cosigned_stops_the_node) {
  port_->watch(world_.node().audit_key());
  world_.deploy_workflow("return 1");
  for (int i = 0; i < 5; ++i) world_.start("case-" + std::to_string(i));
  world_.pass(Duration{1'000});
  port_->answer(world_);
  // Another store with the same key: what an operator has who put back an old copy, marks and all.
  NodeWorld old;
  std::string why;
  old.options().http = port_;
  old.options().audit_origin = "hospital.example/audit";
  old.options().audit_witnesses = world_.options().audit_witnesses;
  old.options().fatal = [&why](const std::string& text) { why = text; };
  old.deploy_workflow("return 1");
  old.pass(Duration{1'000});
  port_->answer(old);
  EXPECT_NE(why.find("BT5"), std::string::npos) << why;
}

}  // namespace
}  // namespace baton::testing
