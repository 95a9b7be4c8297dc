#include "persistence/key_space.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace baton {
namespace {

TEST(KeySpace, texts_keep_their_order_and_none_is_a_prefix_of_another) {
  std::vector<std::string> texts = {"",
                                    "a",
                                    "aa",
                                    "ab",
                                    "b",
                                    std::string("a\0b", 3),
                                    std::string("a\1", 2),
                                    std::string("\0", 1),
                                    std::string("\1\1", 2),
                                    "\x02",
                                    "\xc3\xa9",
                                    "a\xff"};
  std::ranges::sort(texts);
  std::vector<std::string> encoded;
  for (const std::string& text : texts) {
    std::string key;
    keys::append_text(key, text);
    keys::Parts parts(key);
    EXPECT_EQ(parts.text(), text);
    EXPECT_TRUE(parts.complete());
    encoded.push_back(key);
  }
  EXPECT_TRUE(std::ranges::is_sorted(encoded));
  for (const std::string& one : encoded) {
    for (const std::string& other : encoded) EXPECT_TRUE(one == other || !other.starts_with(one));
  }
}

TEST(KeySpace, order_on_disk_is_order_in_time_before_1970_too) {
  std::vector<std::string> at;
  for (const std::int64_t ms : {INT64_MIN, std::int64_t{-1000}, std::int64_t{-1}, std::int64_t{0}, std::int64_t{1},
                                std::int64_t{1772352000000}, INT64_MAX}) {
    std::string key;
    keys::append_time(key, Instant{ms});
    EXPECT_EQ(keys::Parts(key).time(), Instant{ms});
    at.push_back(key);
  }
  EXPECT_TRUE(std::ranges::is_sorted(at));
}

TEST(KeySpace, rows_of_one_instance_stand_together_and_in_order) {
  std::set<std::string> rows = {keys::in_instance("a", 0), keys::in_instance("a", 255), keys::in_instance("a", 256),
                                keys::in_instance("a.b", 0), keys::in_instance("b", 1)};
  std::vector<std::string> of_a;
  for (const std::string& key : rows) {
    if (key.starts_with(keys::of_instance("a"))) of_a.push_back(key);
  }
  EXPECT_EQ(of_a, (std::vector{keys::in_instance("a", 0), keys::in_instance("a", 255), keys::in_instance("a", 256)}));
  const auto parsed = keys::parse_in_instance(keys::in_instance("a.b", 7));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->instance, "a.b");
  EXPECT_EQ(parsed->number, 7u);
}

TEST(KeySpace, keys_come_apart_as_they_were_put_together) {
  const TimerRecord timer{Instant{-5}, "i-1", 9, TimerPurpose::escalation};
  EXPECT_EQ(keys::parse_timer(keys::timer(timer)), timer);
  const Address from{ActorKind::patient, "p-1"};
  const Address to{ActorKind::instance, std::string("i\0-1", 4)};
  const auto parsed = keys::parse_outbox(keys::outbox(from, to, 77));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->from, from);
  EXPECT_EQ(parsed->to, to);
  EXPECT_EQ(parsed->seq, 77u);
  EXPECT_TRUE(keys::outbox(from, to, 77).starts_with(keys::outbox_of(to)));
}

TEST(KeySpace, a_key_that_is_cut_short_or_too_long_is_refused) {
  const std::string timer = keys::timer({Instant{5}, "i-1", 9, TimerPurpose::retry});
  for (std::size_t size = 0; size < timer.size(); ++size) EXPECT_FALSE(keys::parse_timer(timer.substr(0, size)));
  EXPECT_FALSE(keys::parse_timer(timer + "x"));
  EXPECT_FALSE(keys::parse_in_instance(std::string("a\1", 2)));
  EXPECT_FALSE(keys::parse_in_instance(std::string("a\1\3\0\0\0\0\1", 8)));
}

TEST(KeySpace, timers_after_stands_behind_every_timer_that_is_due) {
  const std::string bound = keys::timers_after(Instant{100});
  EXPECT_LT(keys::timer({Instant{100}, "\xff\xff\xff", UINT32_MAX, TimerPurpose::schedule_to_close}), bound);
  EXPECT_GT(keys::timer({Instant{101}, "", 0, TimerPurpose::operation_due}), bound);
}

TEST(KeySpace, the_end_of_a_prefix_is_behind_all_that_begin_with_it) {
  EXPECT_EQ(keys::end_of("ab"), "ac");
  EXPECT_EQ(keys::end_of("a\xff\xff"), "b");
}

TEST(KeySpace, column_families_have_names_and_named_spaces_numbers) {
  std::set<std::string_view> names;
  for (std::uint32_t i = 0; i < kColumnFamilies; ++i) names.insert(name_of(static_cast<ColumnFamily>(i)));
  EXPECT_EQ(names.size(), kColumnFamilies);
  EXPECT_FALSE(names.contains("unknown"));
  EXPECT_TRUE(keys::is_named_space("bundles"));
  EXPECT_FALSE(keys::is_named_space("nonsense"));
}

}  // namespace
}  // namespace baton
