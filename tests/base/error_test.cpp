#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "runtime/base/result.hpp"
#include "runtime/base/sha256.hpp"

namespace baton {
namespace {

constexpr ErrorCode kAll[] = {
#define BATON_X(name, code, status, title) ErrorCode::name,
    BATON_ERROR_CODES(BATON_X)
#undef BATON_X
};

TEST(ErrorCodes, each_has_a_code_of_its_own_and_groups_stay_together) {
  std::set<std::string_view> seen;
  std::string_view before = "BT100";
  for (const ErrorCode code : kAll) {
    const std::string_view text = code_of(code);
    EXPECT_EQ(text.size(), 5u) << text;
    EXPECT_TRUE(seen.insert(text).second) << text;
    EXPECT_LT(before, text) << "new codes go to the end of their group";
    before = text;
  }
}

TEST(ErrorCodes, each_has_a_title_and_a_status_that_says_error) {
  for (const ErrorCode code : kAll) {
    EXPECT_GE(http_status_of(code), 400) << code_of(code);
    EXPECT_LT(http_status_of(code), 600) << code_of(code);
    EXPECT_FALSE(title_of(code).empty());
    EXPECT_NE(title_of(code).back(), '.') << code_of(code);
  }
}

TEST(Error, says_its_code_what_happened_and_the_cure) {
  EXPECT_EQ(to_string(Error{ErrorCode::bad_json, "at byte 3", "send JSON"}), "BT101: at byte 3; send JSON");
  EXPECT_EQ(to_string(Error{ErrorCode::bad_json, "at byte 3", ""}), "BT101: at byte 3");
  EXPECT_EQ(to_string(Error{ErrorCode::bad_json, "", ""}), "BT101: The body is not valid JSON");
}

TEST(Result, holds_either_a_value_or_an_error) {
  const Result<std::string> good("x");
  EXPECT_TRUE(good.ok());
  EXPECT_TRUE(static_cast<bool>(good));
  EXPECT_EQ(*good, "x");
  EXPECT_EQ(good->size(), 1u);
  const Result<std::string> bad(Error{ErrorCode::not_found, "y", ""});
  EXPECT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().code, ErrorCode::not_found);
  EXPECT_TRUE(success().ok());
}

TEST(Result, moves_its_value_out) {
  Result<std::unique_ptr<int>> owner(std::make_unique<int>(7));
  const std::unique_ptr<int> taken = std::move(owner).value();
  EXPECT_EQ(*taken, 7);
}

TEST(Result, asking_for_what_is_not_there_stops_the_process) {
  const Result<int> bad(Error{ErrorCode::not_found, "", ""});
  EXPECT_DEATH((void)bad.value(), "assertion failed: ok\\(\\)");
  const Result<int> good(1);
  EXPECT_DEATH((void)good.error(), "assertion failed: !ok\\(\\)");
}

// FIPS 180-4 examples, and a million times "a".
TEST(Sha256, agrees_with_the_standard_on_every_length) {
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(to_hex(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, parts_are_hashed_as_one_text_and_a_hasher_can_be_used_again) {
  Sha256 hasher;
  EXPECT_EQ(hasher.digest({"a", "", "bc"}), sha256("abc"));
  EXPECT_EQ(hasher.digest({"abc"}), sha256("abc"));
  Sha256 moved = std::move(hasher);
  EXPECT_EQ(moved.digest({}), sha256(""));
}

TEST(Hex, writes_two_lower_case_digits_for_each_byte) {
  EXPECT_EQ(to_hex(std::string_view("\0\x0f\xf0\xff", 4)), "000ff0ff");
  EXPECT_EQ(to_hex(std::string_view()), "");
}

}  // namespace
}  // namespace baton
