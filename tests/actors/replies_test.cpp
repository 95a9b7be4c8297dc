// Which answers may go out before their turn is seen in the store.
#include "actors/replies.hpp"

#include <gtest/gtest.h>

namespace baton {
namespace {

class EarlyReplies : public ::testing::Test {
 protected:
  std::uint64_t ask(Reached at) {
    return replies_
        .expect([this](const Result<JsonText>& answer) { answers_.push_back(answer.ok() ? *answer : "error"); }, {}, at)
        .value();
  }
  // What is left of a turn's replies when the early ones are gone.
  std::vector<std::uint64_t> left_of(std::vector<Reply> given) {
    replies_.give_early(given);
    std::vector<std::uint64_t> left;
    for (const Reply& reply : given) left.push_back(reply.reply_to);
    replies_.give(std::move(given));
    return left;
  }
  Replies replies_{10};
  std::vector<std::string> answers_;
};

TEST_F(EarlyReplies, only_those_go_out_whose_askers_said_that_they_do_not_look_into_the_store) {
  const std::uint64_t late = ask(Reached::seen);
  const std::uint64_t early = ask(Reached::durable);
  EXPECT_EQ(left_of({Reply{late, JsonText("1")}, Reply{early, JsonText("2")}, Reply{0, JsonText("3")}}),
            (std::vector<std::uint64_t>{late, 0}));
  EXPECT_EQ(answers_, (std::vector<std::string>{"2", "1"}));
  EXPECT_EQ(replies_.in_flight(), 0u);
}

TEST_F(EarlyReplies, errors_stay_because_who_explains_them_reads) {
  const std::uint64_t early = ask(Reached::durable);
  EXPECT_EQ(left_of({Reply{early, Error{ErrorCode::conflict, "taken", "look again"}}}), std::vector{early});
  EXPECT_EQ(answers_, std::vector<std::string>{"error"});
}

TEST_F(EarlyReplies, an_answer_that_somebody_has_put_something_in_front_of_stays) {
  const std::uint64_t early = ask(Reached::durable);
  replies_.change(early, [](Result<JsonText> given) { return given; });
  EXPECT_EQ(left_of({Reply{early, JsonText("1")}}), std::vector{early});
  EXPECT_EQ(answers_, std::vector<std::string>{"1"});
}

}  // namespace
}  // namespace baton
