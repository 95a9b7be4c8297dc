#include "runtime/base/codec.hpp"

#include <gtest/gtest.h>

#include <random>

namespace baton {
namespace {

constexpr std::uint64_t kEdges[] = {0, 1, 0x7f, 0x80, 0x3fff, 0x4000, 0xffffffff, 0x100000000, INT64_MAX, UINT64_MAX};

TEST(Codec, a_varint_is_as_short_as_it_can_be_and_reads_back) {
  for (const std::uint64_t value : kEdges) {
    Writer writer;
    writer.varint(value);
    std::size_t shortest = 1;
    for (std::uint64_t rest = value >> 7; rest != 0; rest >>= 7) ++shortest;
    EXPECT_EQ(writer.size(), shortest) << value;
    Reader reader(writer.view());
    EXPECT_EQ(reader.varint(), value);
    EXPECT_TRUE(reader.ok() && reader.at_end());
  }
}

TEST(Codec, a_varint_that_does_not_fit_64_bits_or_never_ends_fails) {
  for (const std::string& bytes : {std::string(9, '\xff') + '\x02', std::string(9, '\xff') + '\x7f',
                                   std::string(10, '\x80') + '\x00', std::string(20, '\xff'), std::string(3, '\x80')}) {
    Reader reader(bytes);
    EXPECT_EQ(reader.varint(), 0u);
    EXPECT_FALSE(reader.ok());
  }
}

TEST(Codec, signed_numbers_read_back_at_both_ends) {
  for (const std::int64_t value : {INT64_MIN, INT64_MIN + 1, std::int64_t{-64}, std::int64_t{-1}, std::int64_t{0},
                                   std::int64_t{1}, std::int64_t{63}, INT64_MAX}) {
    Writer writer;
    writer.i64(value);
    Reader reader(writer.view());
    EXPECT_EQ(reader.i64(), value);
    EXPECT_TRUE(reader.ok() && reader.at_end());
  }
}

TEST(Codec, small_numbers_of_either_sign_are_short) {
  Writer writer;
  writer.i64(-1).i64(1);
  EXPECT_EQ(writer.size(), 2u);
}

TEST(Codec, big_endian_numbers_sort_as_bytes_like_as_numbers) {
  std::string before;
  for (const std::uint64_t value : kEdges) {
    Writer writer;
    writer.u64be(value);
    EXPECT_EQ(writer.size(), 8u);
    EXPECT_LT(before, writer.view());
    Reader reader(writer.view());
    EXPECT_EQ(reader.u64be(), value);
    before = writer.view();
  }
  Writer writer;
  writer.u32be(0x01020304);
  EXPECT_EQ(writer.view(), "\x01\x02\x03\x04");
  EXPECT_EQ(Reader(writer.view()).u32be(), 0x01020304u);
}

TEST(Codec, bytes_may_hold_anything_and_be_empty) {
  const std::string zeros("\0\xff\0", 3);
  Writer writer;
  writer.bytes("").bytes(zeros).boolean(true).boolean(false).raw("rest");
  Reader reader(writer.view());
  EXPECT_EQ(reader.bytes(), "");
  EXPECT_EQ(reader.text(), zeros);
  EXPECT_TRUE(reader.boolean());
  EXPECT_FALSE(reader.boolean());
  EXPECT_EQ(reader.rest(), "rest");
  EXPECT_EQ(reader.raw(4), "rest");
  EXPECT_TRUE(reader.ok() && reader.at_end());
}

TEST(Codec, a_length_that_lies_fails_instead_of_reading_past_the_end) {
  for (const std::uint64_t length : {std::uint64_t{4}, std::uint64_t{1} << 40, UINT64_MAX}) {
    Writer writer;
    writer.varint(length).raw("abc");
    Reader reader(writer.view());
    EXPECT_EQ(reader.bytes(), "");
    EXPECT_FALSE(reader.ok());
  }
}

TEST(Codec, after_the_first_failure_everything_is_empty_even_if_bytes_were_left) {
  Reader reader("abc");
  EXPECT_EQ(reader.u64be(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_TRUE(reader.at_end());
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_EQ(reader.i64(), 0);
  EXPECT_EQ(reader.raw(0), "");
  EXPECT_FALSE(reader.ok());
}

TEST(Codec, a_list_that_claims_more_than_there_is_stops_at_the_end) {
  Writer writer;
  writer.varint(UINT64_MAX).bytes("one");
  Reader reader(writer.view());
  std::vector<std::string> items;
  reader.list([&](Reader& in) { items.push_back(in.text()); });
  EXPECT_FALSE(reader.ok());
  EXPECT_LE(items.size(), 2u);
}

TEST(Codec, a_list_reads_back) {
  const std::vector<std::string> written = {"a", "", "ccc"};
  Writer writer;
  writer.list(written, [](Writer& out, const std::string& item) { out.bytes(item); });
  Reader reader(writer.view());
  std::vector<std::string> items;
  reader.list([&](Reader& in) { items.push_back(in.text()); });
  EXPECT_EQ(items, written);
  EXPECT_TRUE(reader.ok() && reader.at_end());
}

TEST(Codec, every_prefix_of_a_record_fails_and_none_reads_outside_it) {
  Writer writer;
  writer.u8(1).varint(300).i64(-70'000).u64be(7).u32be(8).bytes("abcdef").boolean(true);
  for (std::size_t size = 0; size < writer.size(); ++size) {
    const std::string cut = writer.view().substr(0, size);  // Its own memory, so that a sanitizer sees a step outside.
    Reader reader(cut);
    reader.u8();
    reader.varint();
    reader.i64();
    reader.u64be();
    reader.u32be();
    reader.bytes();
    reader.boolean();
    EXPECT_FALSE(reader.ok()) << size;
  }
}

TEST(Codec, random_bytes_never_do_more_than_fail) {
  std::mt19937_64 random(20261120);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 24, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() % 3 == 0 ? 0xff : random());
    Reader reader(bytes);
    for (int step = 0; step < 6 && reader.ok(); ++step) {
      switch (random() % 5) {
        case 0: reader.varint(); break;
        case 1: reader.bytes(); break;
        case 2: reader.i64(); break;
        case 3: reader.u32be(); break;
        default: reader.list([](Reader& in) { in.u8(); });
      }
    }
    EXPECT_LE(reader.rest().size(), bytes.size());
  }
}

}  // namespace
}  // namespace baton
