// Sandboxes of instances are used again; what runs in them never notices.
#include <gtest/gtest.h>

#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

// One stage, and how often it was handed out.
class CountedShelf : public StageShelf {
 public:
  std::shared_ptr<script::Stage> take(const WorkflowDefinition&) override {
    if (stage_ != nullptr) ++taken;
    return std::move(stage_);
  }
  void leave(const WorkflowDefinition&, std::shared_ptr<script::Stage> stage) override { stage_ = std::move(stage); }

  static inline int taken = 0;

 private:
  std::shared_ptr<script::Stage> stage_;
};

std::unique_ptr<StageShelf> make_counted_shelf() { return std::make_unique<CountedShelf>(); }

class OneProgram : public ProgramSource {
 public:
  OneProgram(const std::string& body, MakeStageShelf make_shelf)
      : program_(*Program::compile("test", bundle_of(body), nullptr, make_shelf)) {}
  [[nodiscard]] std::shared_ptr<const Program> find(std::string_view) const override { return program_; }
  [[nodiscard]] const std::string& hash() const { return program_->hash(); }

 private:
  std::shared_ptr<const Program> program_;
};

// What the turns of one instance put into its journal.
std::string journal_of(Instance& instance, const OneProgram& programs, const JsonText& input, int answers) {
  std::string rows;
  const auto turn = [&](InstanceMessage message) {
    const Handled handled = instance.handle({std::move(message)}, Instant{1'767'225'600'000});
    if (!handled.turn) return;
    for (const Change& change : handled.turn->changes()) {
      if (const auto* row = std::get_if<AppendJournal>(&change)) rows += row->row;
    }
  };
  turn(StartInstance{"test", programs.hash(), input, "", "", 7, {}, 1});
  for (OperationSeq seq = 1; seq <= static_cast<OperationSeq>(answers); ++seq) {
    turn(FinishActivity{seq, 1, Outcome::of("\"answer\""), std::nullopt, true});
  }
  return rows;
}

class StageReuse : public ::testing::Test {
 protected:
  StageReuse() { CountedShelf::taken = 0; }

  // The journal of an instance whose stage has had another on it, and that of one on a stage of its own.
  void expect_the_same(const std::string& body) {
    const OneProgram alone(body, nullptr);
    const OneProgram shared(body, &make_counted_shelf);
    Instance fresh("i1", alone);
    const std::string expected = journal_of(fresh, alone, "\"input\"", 2);
    for (int i = 0; i < 3; ++i) {
      Instance next("i1", shared);
      EXPECT_EQ(journal_of(next, shared, "\"input\"", 2), expected) << "instance " << i;
      next.cool_down();
    }
    EXPECT_EQ(CountedShelf::taken, 2);
  }
};

TEST_F(StageReuse, a_global_does_not_survive_its_instance) {
  expect_the_same(
      "local seen = found; found = input; ctx:activity('test.work', seen or 'nothing') "
      "ctx:activity('test.work', found) return 1");
}

TEST_F(StageReuse, what_was_put_into_a_library_or_into_ctx_does_not_survive_its_instance) {
  expect_the_same(
      "local seen = string.last or ctx.last; string.last = input; pcall(function() ctx.last = input end) "
      "ctx:activity('test.work', seen or 'nothing') ctx:activity('test.work', ctx.instance) return 1");
}

TEST_F(StageReuse, one_that_is_in_the_middle_of_its_branches_leaves_nothing_of_them) {
  expect_the_same(
      "local got = ctx:all { a = function(s) return s:activity('test.work', 1) end, "
      "b = function(s) return s:activity('test.work', 2) end, "
      "c = function(s) return s:activity('test.other', 3) end } return got.a");
}

TEST_F(StageReuse, each_instance_sees_its_own_facts) {
  const OneProgram programs("ctx:activity('test.work', ctx.instance .. ' ' .. tostring(ctx.patient)) return 1",
                            &make_counted_shelf);
  for (const auto& [id, patient] : {std::pair{"i1", "p1"}, {"i2", ""}, {"i3", "p3"}}) {
    Instance instance(id, programs);
    const Handled handled = instance.handle({StartInstance{"test", programs.hash(), "{}", patient, "", 7, {}, 1}},
                                            Instant{1'767'225'600'000});
    const std::string said = std::string(id) + " " + (*patient == 0 ? "nil" : patient);
    bool found = false;
    for (const Change& change : handled.turn->changes()) {
      const auto* const put = std::get_if<PutPending>(&change);
      found = found || (put != nullptr && put->record->operation.request == "{\"input\":\"" + said + "\"}");
    }
    EXPECT_TRUE(found) << said;
  }
  EXPECT_EQ(CountedShelf::taken, 2);
}

TEST_F(StageReuse, one_that_went_over_its_budget_is_not_used_again) {
  const OneProgram programs("while true do end", &make_counted_shelf);
  for (int i = 0; i < 2; ++i) {
    Instance instance("i1", programs);
    (void)journal_of(instance, programs, "{}", 0);
  }
  EXPECT_EQ(CountedShelf::taken, 0);
}

}  // namespace
}  // namespace baton
