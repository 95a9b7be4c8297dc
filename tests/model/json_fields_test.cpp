// What a JSON document from outside must be before anything is read from it.
#include "runtime/model/json_fields.hpp"

#include <gtest/gtest.h>

#include "runtime/base/limits.hpp"
#include "runtime/model/own_document.hpp"

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

TEST(JsonDocument, refuses_a_name_that_an_object_has_twice_and_says_where) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"a":1,"a":2})", "'a'"},
      {R"({"patient":{"name":"x","sex":"F","name":"y"}})", "'patient.name'"},
      {R"([{"a":1},{"b":{"c":[{"d":1,"\u0064":2}]}}])", "'b.c.d'"},
      {R"({"a":":","b":"\"a\":","a":{}})", "'a'"},
  };
  for (const auto& [text, member] : cases) {
    const auto document = parse_json_document(text);
    ASSERT_FALSE(document) << text;
    EXPECT_EQ(document.error().code, ErrorCode::bad_json);
    EXPECT_NE(document.error().detail.find(member), std::string::npos) << document.error().detail;
  }
}

TEST(JsonDocument, takes_the_same_name_in_two_objects_and_colons_in_texts) {
  for (const char* text : {R"([{"a":1},{"a":2}])", R"({"a":{"a":{"a":":::"}},"b":"{\"a\":1}"})", R"(":")", "{}"}) {
    EXPECT_TRUE(parse_json_document(text)) << text;
  }
}

TEST(JsonDocument, leaves_room_around_a_value_for_what_we_write_ourselves) {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_TRUE(parse_json_document(nested(limits::kJsonDepth)));
  EXPECT_FALSE(parse_json_document(nested(limits::kJsonDepth + 1)));
  EXPECT_TRUE(parse_own_document(nested(limits::kJsonDepth + kOwnLevels)));
  EXPECT_FALSE(parse_own_document(nested(limits::kJsonDepth + kOwnLevels + 1)));
}

TEST(JsonDocument, refuses_what_follows_the_document) { EXPECT_FALSE(parse_json_document("{} {}")); }

}  // namespace
}  // namespace baton
