// When those who commit a turn go on.
#include "actors/commit_path.hpp"

#include <gtest/gtest.h>

#include "tests/support/store_world.hpp"

namespace baton {
namespace {

using namespace test;

// Small rounds, whose turns are told when they are durable and when they are seen.
class CommitPathStages : public ::testing::Test, public EffectPort {
 protected:
  CommitPathStages() {
    world_.commit(PutNamed{"settings", "before", "1"});  // The first sync of a log is not told early.
    path_.open();
  }
  void settle(const Consumed&) override {}
  void hurry(Consumed&, Turn&) override { happened_.emplace_back("hurried"); }
  void release(const Consumed&, std::vector<Effect>, std::vector<Reply>) override {
    happened_.emplace_back("released");
  }
  void give(std::vector<Reply>) override {}
  void add_riders(Turn&) override { happened_.emplace_back("rides"); }

  void commit(Reached at) {
    path_.commit(
        turn_of({PutNamed{"settings", "a", "1"}}), {}, [this] { happened_.emplace_back("then"); }, at);
    world_.committer->run_once();
  }

  StoreWorld world_;
  CommitPath path_{*world_.committer, *this};
  std::vector<std::string> happened_;
};

TEST_F(CommitPathStages, who_waits_for_a_turn_to_be_seen_goes_on_behind_its_effects) {
  commit(Reached::seen);
  EXPECT_EQ(happened_, (std::vector<std::string>{"rides", "hurried", "released", "then"}));
}

TEST_F(CommitPathStages, who_goes_on_when_a_turn_is_durable_does_so_once) {
  commit(Reached::durable);
  EXPECT_EQ(happened_, (std::vector<std::string>{"rides", "hurried", "then", "released"}));
}

TEST_F(CommitPathStages, where_nothing_is_told_early_both_go_on_when_the_turn_is_seen) {
  for (std::size_t i = 0; i < CommitterOptions{}.few_turns; ++i) world_.committer->submit(turn_of({}), {});
  commit(Reached::durable);
  EXPECT_EQ(happened_, (std::vector<std::string>{"rides", "released", "then"}));
}

}  // namespace
}  // namespace baton
