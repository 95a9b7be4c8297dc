#include "runtime/model/forms/json_schema.hpp"

#include "runtime/base/limits.hpp"
#include "runtime/model/forms/schema_node.hpp"
#include "runtime/model/forms/schema_uri.hpp"
#include "runtime/model/json_fields.hpp"

namespace baton::forms {
namespace {

// Takes the next part of a pointer.
std::string next_part(std::string_view& pointer) {
  pointer.remove_prefix(1);
  const std::size_t end = std::min(pointer.find('/'), pointer.size());
  std::string part = read_pointer_part(pointer.substr(0, end));
  pointer.remove_prefix(end);
  return part;
}

bool is_index(std::string_view part) {
  return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::string field_name_of(std::string_view pointer) {
  if (pointer.empty()) return "the form";
  std::string name;
  while (!pointer.empty()) {
    const std::string part = next_part(pointer);
    if (is_index(part) && !name.empty()) {
      name += "[" + part + "]";
    } else {
      name += (name.empty() ? "" : ".") + part;
    }
  }
  return name;
}

JsonText to_json(const std::vector<FieldError>& errors) {
  JsonWriter writer;
  writer.begin_array();
  for (const FieldError& error : errors) {
    writer.begin_object().field("field", field_name_of(error.pointer)).field("keyword", error.keyword);
    writer.field("message", error.message).field("pointer", error.pointer).end_object();
  }
  writer.end_array();
  return std::move(writer).take();
}

Result<JsonSchema> JsonSchema::compile(std::string_view text, SchemaRules rules) {
  if (text.size() > limits::kFormSize) {
    return Error{ErrorCode::bad_bundle, "a form may have " + std::to_string(limits::kFormSize) + " bytes", "split it"};
  }
  auto document = parse_json_document(text);
  if (!document) return Error{ErrorCode::bad_bundle, document.error().detail, document.error().cure};
  const auto schema = std::make_shared<Schema>();
  schema->document = std::move(*document);
  schema->rules = rules;
  if (Status compiled = compile_schema(*schema); !compiled) return compiled.error();
  JsonSchema made;
  made.schema_ = schema;
  return made;
}

std::vector<FieldError> JsonSchema::validate(const boost::json::value& value) const {
  return validate_node(*schema_, *schema_->root, value);
}

std::vector<FieldError> JsonSchema::validate_part(std::string_view part, const boost::json::value& value) const {
  const auto found = schema_->parts.find(part);
  BATON_ASSERT(found != schema_->parts.end());
  return validate_node(*schema_, *found->second, value);
}

bool JsonSchema::has_part(std::string_view part) const { return schema_->parts.contains(part); }
const std::string& JsonSchema::title() const { return schema_->title; }

}  // namespace baton::forms
