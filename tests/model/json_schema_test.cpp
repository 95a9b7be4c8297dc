// JSON Schema 2020-12: the official suite, what people read when a form is wrong, and hostile input.
#include "runtime/model/forms/json_schema.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "runtime/model/forms/pattern.hpp"
#include "tests/support/places.hpp"

namespace baton {
namespace {

namespace json = boost::json;
using forms::FieldError;
using forms::JsonSchema;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

// Cases that refer to other documents, which a form may not; and one keyword set that only a metaschema can switch off.
bool needs_other_documents(const json::object& group) {
  const std::string text = json::serialize(group.at("schema"));
  return text.find("\"https://json-schema.org/draft/2020-12/schema\"") !=
             text.rfind("\"https://json-schema.org/draft/2020-12/schema\"") ||
         text.find("localhost:1234/draft2020-12") != std::string::npos;
}

struct Tally {
  int ran = 0;
  int left_out = 0;
};

Tally run_file(const std::filesystem::path& path, forms::SchemaRules rules) {
  Tally tally;
  for (const json::value& each : json::parse(read_file(path)).as_array()) {
    const json::object& group = each.as_object();
    const auto schema = JsonSchema::compile(json::serialize(group.at("schema")), rules);
    if (!schema.ok()) {
      // Only for want of another document.
      EXPECT_NE(schema.error().detail.find("lies outside of this form"), std::string::npos)
          << path.filename() << ": " << group.at("description") << ": " << schema.error().detail;
      EXPECT_TRUE(needs_other_documents(group)) << path.filename() << ": " << group.at("description");
      ++tally.left_out;
      continue;
    }
    for (const json::value& test : group.at("tests").as_array()) {
      const bool expected = test.at("valid").as_bool();
      const auto errors = schema->validate(test.at("data"));
      EXPECT_EQ(errors.empty(), expected)
          << path.filename() << ": " << group.at("description") << ": " << test.at("description") << "\n"
          << forms::to_json(errors);
      ++tally.ran;
    }
  }
  return tally;
}

TEST(JsonSchema, does_what_the_official_suite_says) {
  Tally all;
  for (const auto& entry : std::filesystem::directory_iterator(test_data() / "json-schema-2020-12")) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".json" || name == "vocabulary.json" || name == "refRemote.json") continue;
    const Tally tally = run_file(entry.path(), {name.starts_with("format-"), false});
    all.ran += tally.ran;
    all.left_out += tally.left_out;
  }
  EXPECT_GT(all.ran, 1200);
  EXPECT_LE(all.left_out, 15);
}

// ---- what a person reads ---------------------------------------------------------------------------------------------

JsonSchema form_of(const std::string& text) {
  auto schema = JsonSchema::compile(text, {true, true});
  EXPECT_TRUE(schema.ok()) << (schema.ok() ? "" : to_string(schema.error()));
  return *schema;
}

std::vector<std::string> complaints(const JsonSchema& schema, const std::string& value) {
  std::vector<std::string> texts;
  for (const FieldError& error : schema.validate(json::parse(value))) {
    texts.push_back(forms::field_name_of(error.pointer) + " " + error.message);
  }
  return texts;
}

using Texts = std::vector<std::string>;

TEST(JsonSchema, names_every_field_that_is_wrong_and_what_it_should_be) {
  const JsonSchema schema = form_of(R"({"type":"object","required":["drug","dose"],"additionalProperties":false,
    "properties":{"drug":{"type":"string","minLength":1},"dose":{"type":"number","maximum":10},
                  "from":{"type":"string","format":"date"},
                  "lists":{"type":"array","items":{"enum":["home","chart"]}}}})");
  EXPECT_EQ(complaints(schema, R"({"drug":"","from":"2026-02-30","lists":["home","door"],"dos":1})"),
            (Texts{"dose is missing", "drug must not be empty", "from must be a valid date",
                   "lists[1] must be one of: \"home\", \"chart\"", "dos is not a field of this form"}));
  EXPECT_EQ(complaints(schema, R"({"drug":"warfarin","dose":"5"})"), (Texts{"dose must be a number"}));
  EXPECT_EQ(complaints(schema, R"({"drug":"warfarin","dose":5})"), Texts{});
}

TEST(JsonSchema, a_field_may_depend_on_another) {
  const JsonSchema schema = form_of(R"({"type":"object","properties":{"action":{"enum":["stop","change"]}},
    "if":{"properties":{"action":{"const":"change"}},"required":["action"]},
    "then":{"required":["new_dose"]},"else":{"properties":{"new_dose":false}},
    "dependentRequired":{"new_dose":["unit"]}})");
  EXPECT_EQ(complaints(schema, R"({"action":"change"})"), (Texts{"new_dose is missing"}));
  EXPECT_EQ(complaints(schema, R"({"action":"stop","new_dose":1,"unit":"mg"})"),
            (Texts{"new_dose is not allowed here"}));
  EXPECT_EQ(complaints(schema, R"({"action":"change","new_dose":1})"),
            (Texts{"unit is missing: it is needed with new_dose"}));
}

TEST(JsonSchema, says_nothing_of_the_value_itself) {
  const JsonSchema schema = form_of(R"({"properties":{"name":{"maxLength":3,"pattern":"^[a-z]+$"}}})");
  EXPECT_EQ(forms::to_json(schema.validate(json::parse(R"({"name":"Grace"})"))).find("Grace"), std::string::npos);
}

TEST(JsonSchema, a_part_of_a_form_validates_alone) {
  const JsonSchema schema = form_of(R"({"required":["dose"],"$defs":{"refusal":{"required":["called"]}}})");
  ASSERT_TRUE(schema.has_part("#/$defs/refusal"));
  EXPECT_FALSE(schema.has_part("#/$defs/other"));
  EXPECT_EQ(schema.validate_part("#/$defs/refusal", json::parse("{}")),
            (std::vector<FieldError>{{"/called", "required", "is missing"}}));
}

TEST(JsonSchema, a_schema_that_is_wrong_is_refused_with_its_place) {
  const auto refused = [](const std::string& text) {
    const auto schema = JsonSchema::compile(text, {true, true});
    return schema.ok() ? std::string() : schema.error().detail;
  };
  EXPECT_EQ(refused(R"({"properties":{"a":{"typ":"string"}}})"),
            "at /properties/a/typ: JSON Schema has no keyword 'typ'; one of your own begins with x-");
  EXPECT_EQ(refused(R"({"properties":{"a":{"x-widget":"slider"}}})"), "");
  EXPECT_NE(refused(R"({"type":"text"})").find("there is no type 'text'"), std::string::npos);
  EXPECT_NE(refused(R"({"$ref":"other.json"})").find("lies outside of this form"), std::string::npos);
  EXPECT_NE(refused(R"({"$ref":"#/$defs/none"})").find("there is nothing at"), std::string::npos);
  EXPECT_NE(refused(R"({"pattern":"(?=a)b"})").find("the pattern"), std::string::npos);
  EXPECT_NE(refused(R"({"pattern":"(a)\\1"})").find("the pattern"), std::string::npos);
  EXPECT_NE(refused(R"({"minLength":-1})").find("whole number"), std::string::npos);
  EXPECT_NE(refused(R"({"format":"dat"})").find("is not checked here"), std::string::npos);
  EXPECT_NE(refused("[]").find("a schema is an object"), std::string::npos);
  EXPECT_NE(refused("{"), "");
}

// ---- hostile input -----------------------------------------------------------------------------------------------------

TEST(JsonSchema, patterns_take_linear_time_whatever_the_text) {
  const auto pattern = forms::Pattern::compile("^(a+)+$");
  ASSERT_TRUE(pattern.ok());
  EXPECT_FALSE(pattern->found_in(std::string(200'000, 'a') + "b"));  // A backtracking matcher would never end.
}

TEST(JsonSchema, a_schema_that_refers_to_itself_without_end_ends) {
  const JsonSchema schema =
      form_of(R"({"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}})");
  EXPECT_EQ(complaints(schema, "1"), (Texts{"the form is more than can be checked"}));
}

TEST(JsonSchema, branching_that_would_take_for_ever_is_cut_off) {
  std::string text = R"({"$ref":"#/$defs/d0","$defs":{)";
  for (int i = 0; i < 60; ++i) {
    const std::string next = "{\"$ref\":\"#/$defs/d" + std::to_string(i + 1) + "\"}";
    text += "\"d" + std::to_string(i) + "\":{\"anyOf\":[" + next + "," + next + "]},";
  }
  text += R"("d60":false}})";
  EXPECT_EQ(complaints(form_of(text), "1"), (Texts{"the form is more than can be checked"}));
}

TEST(JsonSchema, says_at_most_so_many_complaints) {
  const JsonSchema schema = form_of(R"({"items":{"type":"string"}})");
  std::string many = "[1";
  for (int i = 0; i < 5000; ++i) many += ",1";
  EXPECT_EQ(schema.validate(json::parse(many + "]")).size(), 50u);
}

TEST(JsonSchema, a_field_may_have_any_name) {
  const JsonSchema schema = form_of(R"({"properties":{"a/b":{"type":"string"},"c~d":{"type":"string"}}})");
  const auto errors = schema.validate(json::parse(R"({"a/b":1,"c~d":1})"));
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(errors[0].pointer, "/a~1b");
  EXPECT_EQ(forms::field_name_of(errors[0].pointer), "a/b");
  EXPECT_EQ(forms::field_name_of(errors[1].pointer), "c~d");
}

}  // namespace
}  // namespace baton
