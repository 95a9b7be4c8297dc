// Names of branches are parts of the keys of what is asked for in them: each has its own, whatever it contains.
#include "tests/engine/undo_fixture.hpp"

namespace baton {
namespace {

class BranchNameTest : public UndoFixture {
 protected:
  // What the journal asked for, in order.
  [[nodiscard]] std::vector<std::string> keys() const {
    std::vector<std::string> all;
    for (const Entry& entry : journal()) {
      if (const auto* asked = std::get_if<OperationScheduled>(&entry.body)) all.push_back(asked->operation.key);
    }
    return all;
  }
  // As an earlier version wrote it: with the name as it is, and no mark.
  void make_old(const std::string& written, const std::string& name) {
    std::vector<Entry> old;
    for (Entry entry : journal()) {
      if (const auto* mark = std::get_if<PatchMarked>(&entry.body); mark && mark->id == "rule:branch_names") continue;
      if (auto* asked = std::get_if<OperationScheduled>(&entry.body)) {
        std::string& key = asked->operation.key;
        if (const std::size_t at = key.find(written); at != key.npos) key.replace(at, written.size(), name);
      }
      old.push_back(std::move(entry));
    }
    journal_.clear();
    journal_[0] = encode_entries(old);
    crash();
  }
};

TEST_F(BranchNameTest, one_that_looks_like_a_branch_within_another_is_told_from_it) {
  for (const char* const name : {"a/all.b", "a\\\\/all.b"}) {
    SCOPED_TRACE(name);
    given(std::string("local done = ctx:all({ ['") + name + R"('] = function(s) s:sleep('1h') return 1 end,
             a = function(s) return s:all({ b = function(t) t:sleep('2h') return 2 end }).b end,
             ['a\\'] = function(s) return s:all({ b = function(t) t:sleep('3h') return 3 end }).b end })
             return { done.a, done[')" +
          name + R"('], done['a\\'] })");
    start();
    const std::vector<std::string> asked = keys();
    ASSERT_EQ(std::set<std::string>(asked.begin(), asked.end()).size(), 3u);
    for (int i = 0; i < 3; ++i) {
      replays();
      ASSERT_EQ(status(), InstanceStatus::running);
      fire_next_timer();
    }
    EXPECT_EQ(result(), "[2,1,3]");
    journal_.clear();
    pending_.clear();
    pending_rows_.clear();
    timers_.clear();
  }
}

TEST_F(BranchNameTest, one_that_looks_like_a_branch_within_another_does_steps_of_its_own) {
  given(R"(local done = ctx:all({ ['a/all.b'] = function(s) return s:step('x', function() return 'flat' end) end,
             a = function(s) return s:all({ b = function(t) return t:step('x', function() return 'nested' end) end }).b end })
           return done.a .. ' ' .. done['a/all.b'])");
  start();
  EXPECT_EQ(result(), R"("nested flat")");
}

TEST_F(BranchNameTest, without_a_slash_is_written_as_it_is) {
  given("ctx:all({ ['home #1.'] = function(s) s:sleep('1h') end })");
  start();
  EXPECT_EQ(keys(), std::vector<std::string>{"all.home #1./timer:sleep"});
  for (const Entry& entry : journal()) EXPECT_FALSE(std::holds_alternative<PatchMarked>(entry.body));
}

TEST_F(BranchNameTest, keeps_the_key_that_an_old_journal_has_for_it) {
  given(R"(for i = 1, 2 do ctx:all({ ['ward/3'] = function(s) s:sleep('1h') s:sleep('1h') end }) end return 'done')");
  start();
  ASSERT_EQ(keys().front(), "all.ward\\/3/timer:sleep");
  make_old("ward\\/3", "ward/3");
  for (int i = 0; i < 4; ++i) {
    replays();
    ASSERT_EQ(status(), InstanceStatus::running);
    fire_next_timer();
  }
  EXPECT_EQ(result(), R"("done")");
  EXPECT_EQ(keys().back(), "all#2.ward/3/timer:sleep#2");
}

TEST_F(BranchNameTest, of_an_update_is_told_from_the_branches_of_another) {
  given("ctx:wait_signal('go')", R"(updates = { u = { apply = function(c, args)
          if args.within then return c:all({ b = function(s) s:sleep('2h') return 'within' end }).b end
          c:sleep('1h') return 'alone' end } },)");
  start();
  when(SendUpdate{"u", R"({"within":true})", "k", {}, 2});
  when(SendUpdate{"u", "{}", "k/all.b", {}, 3});
  ASSERT_EQ(keys().size(), 3u);
  EXPECT_NE(keys()[1], keys()[2]);
  replays();
  fire_next_timer();
  replays();
  fire_next_timer();
  EXPECT_EQ(status(), InstanceStatus::running);
}

}  // namespace
}  // namespace baton
