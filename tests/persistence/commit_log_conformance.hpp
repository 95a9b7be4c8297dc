// What every commit log promises, as tests: instantiate with a fixture that has
//
//   CommitLog& log();          the log under test
//   CommitLog& other_log();    a second handle on the same log, as another node would have
//   SealedRound round(const RoundHead& before, std::uint64_t epoch, std::string_view row);   a round that puts one row
//   bool has(std::string_view row);   whether readers of this node see it
#pragma once

#include <gtest/gtest.h>

#include "persistence/commit_log.hpp"

namespace baton::test {

template <typename Fixture>
class CommitLogConformance : public ::testing::Test {
 protected:
  // Appends one round and gives its head.
  RoundHead append(std::uint64_t epoch, const RoundHead& before, std::string_view row) {
    SealedRound round = fixture.round(before, epoch, row);
    const RoundHead head = round.head;
    const Status appended = fixture.log().append(epoch, before.lsn, {&round, 1}, {});
    EXPECT_TRUE(appended.ok()) << to_string(appended.error());
    return head;
  }
  ErrorCode refused(std::uint64_t epoch, std::uint64_t expected, const RoundHead& before, std::string_view row) {
    SealedRound round = fixture.round(before, epoch, row);
    const Status appended = fixture.log().append(epoch, expected, {&round, 1}, {});
    EXPECT_FALSE(appended.ok());
    EXPECT_FALSE(fixture.has(row));
    return appended.ok() ? ErrorCode::bad_json : appended.error().code;
  }
  Fixture fixture;
};

TYPED_TEST_SUITE_P(CommitLogConformance);

TYPED_TEST_P(CommitLogConformance, an_empty_log_has_no_rounds) {
  const auto leadership = this->fixture.log().acquire();
  ASSERT_TRUE(leadership.ok());
  EXPECT_EQ(leadership->tail, RoundHead{});
  EXPECT_TRUE(this->fixture.log().read(0, 10).value().empty());
}

TYPED_TEST_P(CommitLogConformance, an_appended_round_is_the_tail_and_readers_see_it) {
  const Leadership leadership = this->fixture.log().acquire().value();
  const RoundHead head = this->append(leadership.epoch, leadership.tail, "one");
  EXPECT_EQ(this->fixture.log().tail().value(), head);
  EXPECT_EQ(head.lsn, 1u);
  EXPECT_TRUE(this->fixture.has("one"));
}

TYPED_TEST_P(CommitLogConformance, rounds_are_said_to_be_durable_at_most_once_and_before_the_append_returns) {
  const Leadership leadership = this->fixture.log().acquire().value();
  const RoundHead head = this->append(leadership.epoch, leadership.tail, "one");
  std::vector<SealedRound> rounds{this->fixture.round(head, leadership.epoch, "two")};
  rounds.push_back(this->fixture.round(rounds.front().head, leadership.epoch, "three"));
  int said = 0;
  ASSERT_TRUE(this->fixture.log().append(leadership.epoch, 1, rounds, [&] { ++said; }).ok());
  EXPECT_LE(said, 1);
  this->append(leadership.epoch, rounds.back().head, "four");
  EXPECT_LE(said, 1) << "nothing is left behind that would say it of a later round";
  std::vector<SealedRound> late{this->fixture.round(head, leadership.epoch, "not next")};
  ASSERT_FALSE(this->fixture.log().append(leadership.epoch, 1, late, [&] { said = 100; }).ok());
  EXPECT_LE(said, 1) << "what is refused is not durable";
}

TYPED_TEST_P(CommitLogConformance, rounds_are_read_back_byte_for_byte_from_any_position) {
  const Leadership leadership = this->fixture.log().acquire().value();
  RoundHead head = leadership.tail;
  for (const char* row : {"one", "two", "three"}) head = this->append(leadership.epoch, head, row);
  const auto all = this->fixture.log().read(0, 10);
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 3u);
  for (const SealedRound& round : *all) {
    const auto verified = verify_round(round.bytes);
    ASSERT_TRUE(verified.ok()) << to_string(verified.error());
    EXPECT_EQ(*verified, round.head);
  }
  EXPECT_EQ((*all)[1].head.previous, (*all)[0].head.hash);
  EXPECT_EQ(this->fixture.log().read(2, 10).value().front().head, head);
  EXPECT_EQ(this->fixture.log().read(0, 2).value().size(), 2u);
  EXPECT_TRUE(this->fixture.log().read(3, 10).value().empty());
}

TYPED_TEST_P(CommitLogConformance, several_rounds_are_appended_as_one) {
  const Leadership leadership = this->fixture.log().acquire().value();
  std::vector<SealedRound> rounds;
  rounds.push_back(this->fixture.round(leadership.tail, leadership.epoch, "one"));
  rounds.push_back(this->fixture.round(rounds[0].head, leadership.epoch, "two"));
  const RoundHead last = rounds[1].head;
  ASSERT_TRUE(this->fixture.log().append(leadership.epoch, 0, rounds, {}).ok());
  EXPECT_EQ(this->fixture.log().tail().value(), last);
  EXPECT_TRUE(this->fixture.has("one"));
  EXPECT_TRUE(this->fixture.has("two"));
}

TYPED_TEST_P(CommitLogConformance, a_new_leader_fences_the_one_before) {
  const Leadership old_leader = this->fixture.log().acquire().value();
  const RoundHead head = this->append(old_leader.epoch, old_leader.tail, "one");
  const Leadership new_leader = this->fixture.other_log().acquire().value();
  EXPECT_GT(new_leader.epoch, old_leader.epoch);
  EXPECT_EQ(new_leader.tail, head);
  EXPECT_EQ(this->refused(old_leader.epoch, head.lsn, head, "stale"), ErrorCode::conflict);
  EXPECT_EQ(this->fixture.log().tail().value(), head);
}

TYPED_TEST_P(CommitLogConformance, a_round_at_another_position_is_refused) {
  const Leadership leadership = this->fixture.log().acquire().value();
  const RoundHead head = this->append(leadership.epoch, leadership.tail, "one");
  EXPECT_EQ(this->refused(leadership.epoch, 0, RoundHead{}, "again"), ErrorCode::conflict);
  EXPECT_EQ(this->refused(leadership.epoch, 5, head, "later"), ErrorCode::conflict);
}

TYPED_TEST_P(CommitLogConformance, a_round_that_follows_another_history_is_refused) {
  const Leadership leadership = this->fixture.log().acquire().value();
  RoundHead head = this->append(leadership.epoch, leadership.tail, "one");
  head.hash[0] ^= 1;
  EXPECT_EQ(this->refused(leadership.epoch, head.lsn, head, "forked"), ErrorCode::conflict);
}

TYPED_TEST_P(CommitLogConformance, trimming_leaves_what_comes_after) {
  const Leadership leadership = this->fixture.log().acquire().value();
  RoundHead head = leadership.tail;
  for (const char* row : {"one", "two", "three"}) head = this->append(leadership.epoch, head, row);
  ASSERT_TRUE(this->fixture.log().trim(2).ok());
  const auto rest = this->fixture.log().read(2, 10);
  ASSERT_TRUE(rest.ok());
  ASSERT_EQ(rest->size(), 1u);
  EXPECT_EQ(rest->front().head, head);
  EXPECT_EQ(this->fixture.log().tail().value(), head);
}

REGISTER_TYPED_TEST_SUITE_P(CommitLogConformance, an_empty_log_has_no_rounds,
                            an_appended_round_is_the_tail_and_readers_see_it,
                            rounds_are_said_to_be_durable_at_most_once_and_before_the_append_returns,
                            rounds_are_read_back_byte_for_byte_from_any_position, several_rounds_are_appended_as_one,
                            a_new_leader_fences_the_one_before, a_round_at_another_position_is_refused,
                            a_round_that_follows_another_history_is_refused, trimming_leaves_what_comes_after);

}  // namespace baton::test
