#include <gtest/gtest.h>

#include "runtime/base/codec.hpp"
#include "runtime/base/instant.hpp"
#include "runtime/base/json_text.hpp"
#include "runtime/base/sha256.hpp"

namespace baton {
namespace {

TEST(Duration, reads_sums_of_units_and_writes_the_shortest_form) {
  EXPECT_EQ(parse_duration("1h30m").value().ms, 90 * 60 * 1000);
  EXPECT_EQ(parse_duration("250ms").value().ms, 250);
  EXPECT_EQ(format_duration({90 * 60 * 1000}), "1h30m");
  EXPECT_EQ(format_duration({0}), "0s");
}

TEST(Duration, refuses_what_has_no_unit_or_is_too_long) {
  for (const char* text : {"", "5", "h", "-3h", "1x", "99999999999w", "1h 30m"}) {
    EXPECT_FALSE(parse_duration(text).ok()) << text;
  }
}

TEST(Instant, reads_offsets_and_writes_utc_in_an_order_that_sorts) {
  const auto at = parse_instant("1921-05-19T02:39:21+01:00");
  ASSERT_TRUE(at.ok());
  EXPECT_EQ(format_instant(*at), "1921-05-19T01:39:21.000Z");
  EXPECT_FALSE(parse_instant("2026-02-30T00:00:00Z").ok());
  EXPECT_FALSE(parse_instant("2026-02-03T00:00:00").ok());
}

TEST(Codec, reads_back_what_was_written_and_fails_for_good_at_the_end) {
  Writer writer;
  writer.varint(300).i64(-5).bytes("abc").u64be(7);
  Reader reader(writer.view());
  EXPECT_EQ(reader.varint(), 300u);
  EXPECT_EQ(reader.i64(), -5);
  EXPECT_EQ(reader.bytes(), "abc");
  EXPECT_EQ(reader.u64be(), 7u);
  EXPECT_TRUE(reader.ok() && reader.at_end());
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_FALSE(reader.ok());
}

// RFC 8785 appendix B.
TEST(JsonText, writes_numbers_as_rfc_8785_asks) {
  const auto text = [](double value) {
    std::string out;
    append_json_number(out, value);
    return out;
  };
  EXPECT_EQ(text(1e21), "1e+21");
  EXPECT_EQ(text(333333333.33333329), "333333333.3333333");
  EXPECT_EQ(text(1e-7), "1e-7");
  EXPECT_EQ(text(0.000001), "0.000001");
  EXPECT_EQ(text(9007199254740992), "9007199254740992");
  EXPECT_EQ(text(-5e-324), "-5e-324");
  EXPECT_EQ(text(4.35), "4.35");
}

TEST(JsonText, a_writer_places_commas_by_itself) {
  JsonWriter writer;
  writer.begin_object().field("a", "x\n").key("b").begin_array().integer(1).integer(2).end_array().flag("c", true);
  writer.end_object();
  EXPECT_EQ(writer.view(), R"({"a":"x\n","b":[1,2],"c":true})");
}

TEST(Utf8, refuses_overlong_forms_and_surrogates) {
  EXPECT_TRUE(is_valid_utf8("Grüße 日本 \xF0\x9F\x8F\xA5"));
  for (const char* bad : {"\xC0\xAF", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\x80", "a\xE2\x82"}) {
    EXPECT_FALSE(is_valid_utf8(bad));
  }
}

TEST(Sha256, agrees_with_the_standard) {
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace baton
