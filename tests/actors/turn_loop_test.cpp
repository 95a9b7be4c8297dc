// Supervision: what an actor does when the thing it is about throws.
#include "actors/turn_loop.hpp"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

#include "persistence/committer.hpp"
#include "persistence/local_commit_log.hpp"
#include "persistence/memory_env.hpp"

namespace baton {
namespace {

struct Order {
  int number = 0;
  std::uint64_t reply_to = 0;
};
std::uint64_t reply_to_of(const Order& order) { return order.reply_to; }

// Takes orders; throws at those that are bad, as long as they are, and refuses some.
struct Kitchen {
  using Message = Order;
  std::set<int>* bad;
  std::set<int>* refused;
  std::vector<int>* done;
  int* forgotten;

  Handled handle(std::vector<Order> orders, Instant) {
    for (const Order& order : orders) {
      if (bad->contains(order.number)) throw std::runtime_error("bad order");
    }
    Handled handled;
    for (const Order& order : orders) {
      if (refused->contains(order.number))
        handled.refused_alone = Error{ErrorCode::script_instructions, "too much", ""};
    }
    if (handled.refused_alone) return handled;
    for (const Order& order : orders) {
      done->push_back(order.number);
      if (order.reply_to != 0) handled.immediately.push_back({order.reply_to, JsonText("true")});
    }
    return handled;
  }
  void forget() { ++*forgotten; }
  [[nodiscard]] std::string name() const { return "kitchen"; }
  void add_consumed(Consumed& consumed, const Order& order) const {
    consumed.deliveries += order.reply_to == 0 ? 1 : 0;
  }
};

class Supervision : public ::testing::Test, public EffectPort {
 protected:
  Supervision() : env_(make_memory_env()) {
    StoreOptions options;
    options.path = "/s";
    options.env = env_.get();
    store_ = *Store::open(options);
    log_ = std::make_unique<LocalCommitLog>(*store_);
    CommitterOptions committing;
    committing.mode = CommitterOptions::Mode::stepped;
    committer_ = *Committer::start(*store_, *log_, nullptr, committing);
    path_ = std::make_unique<CommitPath>(*committer_, *this);
  }
  void hurry(Consumed&, Turn&) override {}
  void settle(const Consumed& consumed) override {
    settled_ += consumed.messages;
    deliveries_ += consumed.deliveries;
  }
  void release(const Consumed&, std::vector<Effect>, std::vector<Reply> replies) override { give(std::move(replies)); }
  void give(std::vector<Reply> replies) override {
    for (Reply& reply : replies) {
      (reply.answer.ok() ? good_ : failed_).push_back(reply.reply_to);
      if (!reply.answer.ok()) why_ = reply.answer.error().code;
    }
  }
  void add_riders(Turn&) override {}
  void run() { EXPECT_FALSE(loop_.next(Instant{}, *path_).has_value()); }

  std::shared_ptr<rocksdb::Env> env_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<LocalCommitLog> log_;
  std::unique_ptr<Committer> committer_;
  std::unique_ptr<CommitPath> path_;
  std::set<int> bad_, refused_;
  std::vector<int> done_;
  int forgotten_ = 0;
  std::size_t settled_ = 0, deliveries_ = 0;
  std::vector<std::uint64_t> good_, failed_;
  ErrorCode why_{};  // Of the last that failed.
  TurnLoop<Kitchen> loop_{Kitchen{&bad_, &refused_, &done_, &forgotten_}};
};

TEST_F(Supervision, a_request_that_throws_is_answered_with_an_error_and_the_others_are_served) {
  bad_ = {2};
  for (int i = 1; i <= 3; ++i) loop_.take({i, static_cast<std::uint64_t>(i)});
  run();
  EXPECT_EQ(done_, (std::vector<int>{1, 3}));
  EXPECT_EQ(good_, (std::vector<std::uint64_t>{1, 3}));
  EXPECT_EQ(failed_, (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(forgotten_, 2);
  EXPECT_EQ(settled_, 3u);
  EXPECT_FALSE(loop_.busy());
}

TEST_F(Supervision, a_request_that_is_refused_alone_leaves_nothing_behind_and_the_others_are_served) {
  refused_ = {2};
  for (int i = 1; i <= 3; ++i) loop_.take({i, static_cast<std::uint64_t>(i)});
  run();
  EXPECT_EQ(done_, (std::vector<int>{1, 3}));
  EXPECT_EQ(failed_, (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(why_, ErrorCode::script_instructions);
  EXPECT_EQ(forgotten_, 2);
  EXPECT_EQ(settled_, 3u);
}

TEST_F(Supervision, an_internal_message_that_throws_is_kept_in_order_until_it_can_be_taken) {
  bad_ = {2};
  loop_.take({1, 0});
  loop_.take({2, 0});
  loop_.take({3, 0});
  loop_.take({4, 44});
  run();
  EXPECT_EQ(done_, (std::vector<int>{1, 4}));
  EXPECT_TRUE(loop_.blocked());
  EXPECT_TRUE(loop_.busy());
  loop_.try_again();
  run();
  EXPECT_TRUE(loop_.blocked());
  bad_.clear();
  loop_.try_again();
  run();
  EXPECT_EQ(done_, (std::vector<int>{1, 4, 2, 3}));
  EXPECT_FALSE(loop_.busy());
  EXPECT_EQ(settled_, 4u);
}

TEST_F(Supervision, what_waits_behind_a_message_that_failed_is_not_under_way_and_is_settled_once) {
  bad_ = {2};
  for (int i = 1; i <= 3; ++i) loop_.take({i, 0});
  run();
  EXPECT_EQ(deliveries_, 3u) << "one is done, and two have to wait";
  EXPECT_EQ(settled_, 1u);
  loop_.take({4, 0});
  run();
  EXPECT_EQ(deliveries_, 4u);
  loop_.try_again();
  loop_.take({5, 0});
  run();
  EXPECT_TRUE(loop_.blocked());
  EXPECT_EQ(deliveries_, 5u);
  bad_.clear();
  loop_.try_again();
  loop_.take({6, 0});
  run();
  EXPECT_EQ(done_, (std::vector<int>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(deliveries_, 6u);
  EXPECT_EQ(settled_, 6u);
}

}  // namespace
}  // namespace baton
