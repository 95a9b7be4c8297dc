#include "runtime/base/json_text.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <cmath>
#include <cstring>
#include <random>

#include "runtime/base/cut_text.hpp"

namespace baton {
namespace {

std::string as_json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string number(double value) {
  std::string out;
  append_json_number(out, value);
  return out;
}

TEST(JsonText, escapes_what_must_be_and_nothing_else) {
  EXPECT_EQ(as_json("\"\\/\b\f\n\r\t"), R"("\"\\/\b\f\n\r\t")");
  EXPECT_EQ(as_json(std::string_view("\0\x1f\x7f", 3)), "\"\\u0000\\u001f\x7f\"");
  EXPECT_EQ(as_json("Grüße \xF0\x9F\x8F\xA5"), "\"Grüße \xF0\x9F\x8F\xA5\"");
  EXPECT_EQ(as_json(""), "\"\"");
}

TEST(JsonText, every_string_of_bytes_reads_back_as_itself) {
  for (int byte = 0; byte < 0x80; ++byte) {
    const std::string text = std::string("a") + static_cast<char>(byte) + "b";
    EXPECT_EQ(boost::json::parse(as_json(text)).as_string(), text) << byte;
  }
}

// RFC 8785 appendix B: the double's bits and its text.
TEST(JsonText, writes_the_numbers_of_rfc_8785_appendix_b) {
  const std::pair<std::uint64_t, const char*> samples[] = {
      {0x0000000000000000, "0"},
      {0x8000000000000000, "0"},
      {0x0000000000000001, "5e-324"},
      {0x8000000000000001, "-5e-324"},
      {0x7fefffffffffffff, "1.7976931348623157e+308"},
      {0xffefffffffffffff, "-1.7976931348623157e+308"},
      {0x4340000000000000, "9007199254740992"},
      {0xc340000000000000, "-9007199254740992"},
      {0x4430000000000000, "295147905179352830000"},
      {0x44b52d02c7e14af5, "9.999999999999997e+22"},
      {0x44b52d02c7e14af6, "1e+23"},
      {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
      {0x444b1ae4d6e2ef4e, "999999999999999700000"},
      {0x444b1ae4d6e2ef4f, "999999999999999900000"},
      {0x444b1ae4d6e2ef50, "1e+21"},
      {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
      {0x3eb0c6f7a0b5ed8d, "0.000001"},
      {0x41b3de4355555553, "333333333.3333332"},
      {0x41b3de4355555554, "333333333.33333325"},
      {0x41b3de4355555555, "333333333.3333333"},
      {0x41b3de4355555556, "333333333.3333334"},
      {0x41b3de4355555557, "333333333.33333343"},
      {0xbecbf647612f3696, "-0.0000033333333333333333"},
      {0x43143ff3c1cb0959, "1424953923781206.2"},
  };
  for (const auto& [bits, text] : samples) {
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    EXPECT_EQ(number(value), text);
  }
}

TEST(JsonText, every_number_reads_back_as_the_same_double) {
  std::mt19937_64 random(20261120);
  for (int round = 0; round < 20'000; ++round) {
    const std::uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    const std::string text = number(value);
    EXPECT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
  }
}

TEST(JsonText, a_number_that_json_does_not_have_is_a_bug_of_the_caller) {
  EXPECT_DEATH(number(std::nan("")), "isfinite");
  EXPECT_DEATH(number(INFINITY), "isfinite");
}

TEST(JsonText, a_writer_nests_and_separates) {
  JsonWriter writer;
  writer.begin_array().begin_object().end_object().begin_array().end_array().null().boolean(false).number(1.5);
  writer.begin_object().key("x").begin_array().string("y").end_array().field("n", std::int64_t{-7}).end_object();
  writer.end_array();
  EXPECT_EQ(writer.view(), R"([{},[],null,false,1.5,{"x":["y"],"n":-7}])");
}

TEST(JsonText, a_writer_takes_text_that_is_json_already_and_no_value_as_null) {
  JsonWriter writer;
  writer.begin_object().json_field("a", R"({"b":[1]})").json_field("c", "").optional_field("d", "");
  writer.optional_field("e", "f").field("g\"", "h").end_object();
  EXPECT_EQ(writer.view(), R"({"a":{"b":[1]},"c":null,"e":"f","g\"":"h"})");
}

TEST(Utf8, takes_the_first_and_last_character_of_each_length) {
  for (const char* good : {"\x7f", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xEF\xBF\xBF", "\xED\x9F\xBF",
                           "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", ""}) {
    EXPECT_TRUE(is_valid_utf8(good)) << as_json(good);
  }
  EXPECT_TRUE(is_valid_utf8(std::string_view("a\0b", 3)));
}

TEST(Utf8, refuses_the_neighbours_of_what_it_takes) {
  for (const char* bad :
       {"\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xED\xBF\xBF", "\xFE", "\xFF", "\xC2",
        "\xE2\x82", "\xF0\x9F\x8F", "\xC2\x41", "\xE2\x41\x80", "\xE2\x82\x41", "ok\xBF"}) {
    EXPECT_FALSE(is_valid_utf8(bad));
  }
}

TEST(Utf8, is_cut_between_letters) {
  const std::string_view text = "a\xC3\xA4\xF0\x9F\x8F\xA5z";
  for (const auto& [size, kept] : {std::pair{0, 0}, {1, 1}, {2, 1}, {3, 3}, {4, 3}, {6, 3}, {7, 7}, {8, 8}, {99, 8}}) {
    EXPECT_EQ(cut_text(text, static_cast<std::size_t>(size)), text.substr(0, static_cast<std::size_t>(kept))) << size;
  }
}

}  // namespace
}  // namespace baton
