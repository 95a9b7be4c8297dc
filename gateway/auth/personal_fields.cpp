#include "gateway/auth/personal_fields.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/error_codes.hpp"
#include "runtime/clinical/json_value.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/json_members.hpp"
#include "runtime/model/own_document.hpp"

namespace baton {
namespace {

namespace json = boost::json;

// The same type without the content.
void hide(json::value& value) {
  if (value.is_string()) {
    value = "***";
  } else if (value.is_array()) {
    value = json::array();
  } else if (value.is_object()) {
    value = json::object();
  } else {
    value = nullptr;
  }
}

bool is_flag(const json::object& schema, std::string_view name, bool value) {
  const auto* flag = schema.if_contains({name.data(), name.size()});
  return flag != nullptr && flag->is_bool() && flag->as_bool() == value;
}

// Whether it says, by the code of an error, that its texts may be a script's own words.
bool is_of_script(const json::object& object) {
  for (const char* name : {"code", "reason_code"}) {
    const std::string code = text_at(object, name);
    for (const ErrorCode of_script : {ErrorCode::script_error, ErrorCode::update_rejected, ErrorCode::hook_refused}) {
      if (code == code_of(of_script)) return true;
    }
  }
  return false;
}

bool is_marked_of_script(const json::value* schema) {
  if (schema == nullptr || !schema->is_object()) return false;
  const auto* mark = schema->as_object().if_contains("x-personal");
  return mark != nullptr && mark->is_string() && mark->as_string() == "of_script";
}

}  // namespace

PersonalFields::PersonalFields(std::string_view schemas) {
  auto parsed = parse_json_document(schemas);
  BATON_ASSERT(parsed.ok() && parsed->is_object());
  schemas_ = std::move(*parsed);
}

const json::object* PersonalFields::resolve(const json::value* schema) const {
  while (schema != nullptr && schema->is_object()) {
    const auto* reference = schema->as_object().if_contains("$ref");
    if (reference == nullptr) return &schema->as_object();
    // One marked where it is used hides what it refers to.
    if (is_flag(schema->as_object(), "x-personal", true)) return &schema->as_object();
    const std::string_view path = reference->as_string();
    schema = schemas_.as_object().if_contains(json::string_view(path.substr(path.rfind('/') + 1)));
  }
  return nullptr;
}

void PersonalFields::mask_value(json::value& value, const json::value* given) const {
  const json::object* schema = resolve(given);
  if (schema == nullptr || is_flag(*schema, "x-personal", true)) return hide(value);
  if (is_flag(*schema, "x-personal", false)) return;
  if (value.is_object()) {
    const auto* properties = schema->if_contains("properties");
    const bool of_script = is_of_script(value.as_object());
    for (auto& [name, field] : value.as_object()) {
      const json::value* const known = properties == nullptr ? nullptr : properties->as_object().if_contains(name);
      if (!is_marked_of_script(known)) {
        mask_value(field, known);
      } else if (of_script) {
        hide(field);
      }
    }
  } else if (value.is_array()) {
    for (auto& item : value.as_array()) mask_value(item, schema->if_contains("items"));
  }
}

std::string PersonalFields::mask_problem(std::string_view problem) {
  auto value = parse_own_document(problem);
  if (!value || !value->is_object()) return std::string(problem);
  if (!is_of_script(value->get_object())) return std::string(problem);
  value->get_object()["detail"] = "***";
  std::string text;
  if (!append_json_value(text, *value)) return "null";
  return text;
}

std::string PersonalFields::mask(const std::string& name, std::string_view answer) const {
  auto value = parse_own_document(answer);
  if (!value) return "null";
  mask_value(*value, schemas_.as_object().if_contains({name.data(), name.size()}));
  std::string text;
  if (!append_json_value(text, *value)) return "null";
  return text;
}

}  // namespace baton
