#include "runtime/base/byte_scan.hpp"

#include <gtest/gtest.h>

#include <string>

namespace baton {
namespace {

std::size_t find_quote_or_control(std::string_view text, std::size_t from) {
  return byte_scan::find(
      text, from, [](std::uint64_t word) { return byte_scan::below(word, 0x20) | byte_scan::equal(word, '"'); },
      [](std::uint8_t byte) { return byte < 0x20 || byte == '"'; });
}

TEST(ByteScan, finds_the_first_wanted_byte_wherever_it_stands) {
  for (int byte = 0; byte < 256; ++byte) {
    const bool wanted = byte < 0x20 || byte == '"';
    for (std::size_t place = 0; place < 19; ++place) {
      std::string text(20, 'x');
      text[place] = static_cast<char>(byte);
      for (std::size_t from = 0; from < text.size(); ++from) {
        const std::size_t expected = wanted && from <= place ? place : text.size();
        ASSERT_EQ(find_quote_or_control(text, from), expected)
            << byte << " at " << place << ", looked for from " << from;
      }
    }
  }
}

TEST(ByteScan, is_not_misled_by_what_stands_beside_a_wanted_byte) {
  for (int before = 0; before < 256; ++before) {
    for (int after = 0; after < 256; ++after) {
      std::string text = "ab\"defgh";
      text[1] = static_cast<char>(before);
      text[3] = static_cast<char>(after);
      const bool earlier = before < 0x20 || before == '"';
      ASSERT_EQ(find_quote_or_control(text, 0), earlier ? 1u : 2u) << before << " before, " << after << " after";
    }
  }
}

TEST(ByteScan, finds_what_is_no_ascii_and_the_end_where_all_is) {
  EXPECT_EQ(byte_scan::find_beyond_ascii(""), 0u);
  const std::string_view plain = "\x7f plain text, longer than a word";
  EXPECT_EQ(byte_scan::find_beyond_ascii(plain), plain.size());
  EXPECT_EQ(byte_scan::find_beyond_ascii("eight by\x80tes"), 8u);
  EXPECT_EQ(byte_scan::find_beyond_ascii("seven b\xfftes"), 7u);
}

}  // namespace
}  // namespace baton
