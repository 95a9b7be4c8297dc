#include "tests/support/openapi.hpp"

namespace baton::test {

std::vector<std::string> OpenApi::complaints(std::string method, std::string_view target, int status,
                                             const boost::json::value& body) const {
  std::vector<std::string> out;
  const auto* const operation = find_operation(std::move(method), target.substr(0, target.find('?')));
  if (operation == nullptr) return out;
  const auto& responses = operation->at("responses").as_object();
  const auto* response = responses.if_contains(std::to_string(status));
  if (response == nullptr && status >= 400) response = responses.if_contains("default");
  if (response == nullptr) {
    out.push_back("status " + std::to_string(status) + " is not described");
    return out;
  }
  if (!response->as_object().contains("content")) return out;
  const auto& contents = response->at("content").as_object();
  if (body.is_null() && contents.contains("text/html")) return out;  // A page.
  for (const auto& [type, content] : contents) {
    if (type != "application/json" && !type.ends_with("+json")) continue;
    check(content.at("schema"), body, "body", out);
  }
  return out;
}

std::vector<std::string> OpenApi::parts_of(std::string_view path) {
  std::vector<std::string> parts(1);
  for (const char c : path) {
    if (c == '/') {
      parts.emplace_back();
    } else {
      parts.back().push_back(c);
    }
  }
  return parts;
}

const OpenApi::Object* OpenApi::find_operation(std::string method, std::string_view path) const {
  std::transform(method.begin(), method.end(), method.begin(), [](char c) { return static_cast<char>(c | 0x20); });
  const auto wanted = parts_of(path);
  const Object* best = nullptr;
  std::size_t best_open = SIZE_MAX;
  for (const auto& [name, operations] : document_.at("paths").as_object()) {
    const auto parts = parts_of(name);
    const auto* const operation = operations.as_object().if_contains(method);
    if (parts.size() != wanted.size() || operation == nullptr) continue;
    std::size_t open = 0;
    bool fits = true;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const bool is_open = parts[i].starts_with('{');
      open += is_open ? 1 : 0;
      fits = fits && (is_open || parts[i] == wanted[i]);
    }
    if (!fits || open >= best_open) continue;
    best = &operation->as_object();
    best_open = open;
  }
  return best;
}

bool OpenApi::has_type(const Value& value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_bool();
  if (type == "null") return value.is_null();
  if (type == "integer") return value.is_int64() || value.is_uint64();
  return type == "number" && value.is_number();
}

bool OpenApi::has_one_type(const Value& value, const Value& types) {
  if (types.is_string()) return has_type(value, types.as_string());
  return std::any_of(types.as_array().begin(), types.as_array().end(),
                     [&](const Value& type) { return has_type(value, type.as_string()); });
}

void OpenApi::check(const Value& given, const Value& value, const std::string& place,
                    std::vector<std::string>& out) const {
  const Object* schema = given.if_object();
  if (schema == nullptr) return;  // `true`: anything.
  if (const auto* reference = schema->if_contains("$ref")) {
    const std::string_view name = reference->as_string();
    const auto* target =
        document_.at("components").at("schemas").as_object().if_contains(name.substr(name.rfind('/') + 1));
    if (target == nullptr) return out.push_back(place + ": there is no schema " + std::string(name));
    return check(*target, value, place, out);
  }
  if (const auto* type = schema->if_contains("type"); type != nullptr && !has_one_type(value, *type)) {
    return out.push_back(place + " is " + boost::json::serialize(value).substr(0, 60) + ", not " +
                         boost::json::serialize(*type));
  }
  if (const auto* allowed = schema->if_contains("enum")) {
    const auto& list = allowed->as_array();
    if (std::find(list.begin(), list.end(), value) == list.end()) {
      out.push_back(place + " is " + boost::json::serialize(value) + ", not one of " + boost::json::serialize(list));
    }
  }
  if (const auto* format = schema->if_contains("format");
      format != nullptr && *format == Value("date-time") && value.is_string()) {
    if (!parse_instant(std::string_view(value.as_string()))) out.push_back(place + " is no RFC 3339 time");
  }
  if (const auto* items = schema->if_contains("items"); items != nullptr && value.is_array()) {
    std::size_t number = 0;
    for (const Value& item : value.as_array()) check(*items, item, place + "[" + std::to_string(number++) + "]", out);
  }
  if (value.is_object()) check_members(*schema, value.as_object(), place, out);
}

void OpenApi::check_members(const Object& schema, const Object& value, const std::string& place,
                            std::vector<std::string>& out) const {
  if (const auto* required = schema.if_contains("required")) {
    for (const Value& name : required->as_array()) {
      if (!value.contains(name.as_string())) out.push_back(place + "." + std::string(name.as_string()) + " is missing");
    }
  }
  const auto* const properties = schema.if_contains("properties");
  const auto* const others = schema.if_contains("additionalProperties");
  for (const auto& [name, member] : value) {
    const auto* const known = properties == nullptr ? nullptr : properties->as_object().if_contains(name);
    const std::string where = place + "." + std::string(name);
    if (known != nullptr) {
      check(*known, member, where, out);
    } else if (others != nullptr && others->is_object()) {
      check(*others, member, where, out);
    } else if (others == nullptr ? properties != nullptr : *others == Value(false)) {
      out.push_back(where + " is not described");
    }
  }
}

}  // namespace baton::test
