#include "runtime/clinical/mllp_frame.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/clinical/corpus.hpp"

namespace baton {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Everything that is ready: messages as they are, errors as "BTxxx: ...".
std::vector<std::string> drain(MllpDecoder& decoder) {
  std::vector<std::string> all;
  while (auto next = decoder.next()) all.push_back(next->ok() ? **next : to_string(next->error()));
  return all;
}

std::vector<std::string> decoded(std::string_view bytes) {
  MllpDecoder decoder;
  decoder.feed(bytes);
  decoder.finish();
  return drain(decoder);
}

TEST(Mllp, gives_back_what_was_framed_however_it_was_cut) {
  const auto stream = test::adt_stream();
  std::string wire;
  for (const std::string& message : stream) wire += encode_mllp(message);
  std::mt19937 random(3);
  for (const std::size_t longest : {1u, 7u, 1000u, 1000000u}) {
    MllpDecoder decoder;
    std::vector<std::string> got;
    for (std::size_t at = 0; at < wire.size();) {
      const std::size_t size = 1 + random() % longest;
      decoder.feed(std::string_view(wire).substr(at, size));
      for (std::string& message : drain(decoder)) got.push_back(std::move(message));
      at += size;
    }
    decoder.finish();
    EXPECT_TRUE(drain(decoder).empty());
    EXPECT_EQ(got, stream);
    EXPECT_EQ(decoder.stray_bytes(), 0u);
  }
}

TEST(Mllp, gives_a_message_at_its_end_without_waiting_for_the_carriage_return) {
  MllpDecoder decoder;
  decoder.feed("\x0bMSH|1\r\x1c");
  EXPECT_THAT(drain(decoder), ElementsAre("MSH|1\r"));
  decoder.feed("\x0bMSH|2\r\x1c\x0bMSH|3\r\x1c\n");
  EXPECT_THAT(drain(decoder), ElementsAre("MSH|2\r", "MSH|3\r"));
  EXPECT_FALSE(decoder.in_frame());
}

TEST(Mllp, reports_bytes_between_frames_once_and_goes_on) {
  MllpDecoder decoder;
  decoder.feed("HELO");
  decoder.feed(" there\r\n\x0bMSH|1\x1c\rmore\x0bMSH|2\x1c\r");
  const auto all = drain(decoder);
  EXPECT_THAT(all, ElementsAre(HasSubstr("BT404: bytes stand outside"), "MSH|1", HasSubstr("BT404"), "MSH|2"));
  EXPECT_EQ(decoder.stray_bytes(), 14u);
}

TEST(Mllp, keeps_a_vertical_tab_in_text_and_reports_a_frame_that_never_ended) {
  EXPECT_THAT(decoded("\x0bMSH|line\x0bline\x1c\r"), ElementsAre("MSH|line\x0bline"));
  EXPECT_THAT(decoded("\x0bMSH|1\r\x0bMSH|2\r\x1c\r"), ElementsAre(HasSubstr("has no end"), "MSH|2\r"));
  EXPECT_THAT(decoded("\x0bMSH|1"), ElementsAre(HasSubstr("ended inside a frame")));
}

TEST(Mllp, gives_what_had_come_of_a_frame_that_never_ended) {
  MllpDecoder decoder;
  decoder.feed("x\x0bMSH|1\r\x0bMSH|2\r\x1c\r\x0bMSH|3");
  decoder.finish();
  std::vector<std::string> lost;
  while (decoder.next()) lost.push_back(decoder.unended());
  EXPECT_THAT(lost, ElementsAre("", "MSH|1\r", "", "MSH|3"));
}

TEST(Mllp, reports_an_empty_frame) { EXPECT_THAT(decoded("\x0b\x1c\r"), ElementsAre(HasSubstr("empty"))); }

TEST(Mllp, passes_over_a_frame_beyond_the_limit_without_keeping_it) {
  MllpDecoder decoder(10);
  decoder.feed(
      "\x0b"
      "0123456789\x1c\r");
  decoder.feed(
      "\x0b"
      "01234");
  decoder.feed("567890");
  EXPECT_TRUE(decoder.in_frame());
  decoder.feed(std::string(1000, 'x'));
  decoder.feed("x\x1c\r\x0bMSH\x1c\r");
  EXPECT_THAT(drain(decoder), ElementsAre("0123456789", HasSubstr("BT103"), "MSH"));
}

TEST(Mllp, never_puts_an_end_of_frame_into_a_message) {
  EXPECT_EQ(encode_mllp("a\x1c"
                        "b"),
            "\x0b"
            "ab\x1c\r");
}

TEST(Mllp, takes_random_bytes_the_same_in_one_piece_and_in_many) {
  std::mt19937 random(11);
  const std::string alphabet = "\x0b\x0b\x1c\x1c\r\nMSHFB|x";
  for (int round = 0; round < 3000; ++round) {
    std::string wire;
    for (std::size_t i = random() % 60; i > 0; --i) wire.push_back(alphabet[random() % alphabet.size()]);
    MllpDecoder pieces;
    for (const char c : wire) pieces.feed(std::string_view(&c, 1));
    pieces.finish();
    ASSERT_EQ(drain(pieces), decoded(wire)) << testing::PrintToString(wire);
  }
}

}  // namespace
}  // namespace baton
