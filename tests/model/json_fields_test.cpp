// What a JSON document from outside must be before anything is read from it.
#include "runtime/model/json_fields.hpp"

#include <gtest/gtest.h>

namespace baton {
namespace {

TEST(JsonDocument, refuses_a_number_that_no_double_can_hold_wherever_it_stands) {
  for (const char* text : {"1e400", "[-1e400]", R"({"a":[{"b":1e400}]})"}) {
    const auto document = parse_json_document(text);
    ASSERT_FALSE(document) << text;
    EXPECT_EQ(document.error().code, ErrorCode::bad_json);
  }
}

TEST(JsonDocument, takes_the_largest_double) { EXPECT_TRUE(parse_json_document("[1.7976931348623157e308]")); }

TEST(JsonDocument, refuses_what_follows_the_document) { EXPECT_FALSE(parse_json_document("{} {}")); }

}  // namespace
}  // namespace baton
