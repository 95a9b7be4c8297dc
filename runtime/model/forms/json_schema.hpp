// JSON Schema, draft 2020-12: compiled once, then validates values field by field. Immutable; thread-safe. Pure.
//
// All vocabularies but one: what lies outside of the document cannot be referred to ($ref reaches #/.., #anchor and the
// $ids in the same document). Schemas and values are hostile input: size, nodes, depth and work are bounded
// (runtime/base/limits.hpp), and patterns match in linear time.
#pragma once

#include <boost/json/value.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/json_text.hpp"
#include "runtime/base/result.hpp"

namespace baton::forms {

struct Schema;  // schema_node.hpp; not for others.

// What is wrong with one place of a value. Says nothing of the value itself, only of what the schema wants.
struct FieldError {
  std::string pointer;  // RFC 6901: "/medications/2/dose"; "" is the value itself.
  std::string keyword;  // "required", "maximum"...
  std::string message;  // "is missing", "must be at most 10"; the field's name goes before it.
  bool operator==(const FieldError&) const = default;
};

// "medications[2].dose"; "the form" for the whole.
[[nodiscard]] std::string field_name_of(std::string_view pointer);
// [{"field":..,"keyword":..,"message":..,"pointer":..},..]
[[nodiscard]] JsonText to_json(const std::vector<FieldError>& errors);

struct SchemaRules {
  bool formats = false;         // A text that is not of its "format" is an error; else formats are for readers only.
  bool known_keywords = false;  // A keyword that neither JSON Schema nor "x-..." has is an error of the schema.
};

class JsonSchema {
 public:
  // Error: bad_bundle, with the place in the schema.
  [[nodiscard]] static Result<JsonSchema> compile(std::string_view text, SchemaRules rules = {});

  // Empty when the value is valid; at most limits::kFormErrors, in the order of the schema.
  [[nodiscard]] std::vector<FieldError> validate(const boost::json::value& value) const;
  // The same against a part of the schema: "#/$defs/refusal" or "#anchor". Precondition: has_part(part).
  [[nodiscard]] std::vector<FieldError> validate_part(std::string_view part, const boost::json::value& value) const;
  [[nodiscard]] bool has_part(std::string_view part) const;
  [[nodiscard]] const std::string& title() const;

 private:
  std::shared_ptr<const Schema> schema_;
};

}  // namespace baton::forms
