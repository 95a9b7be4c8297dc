// Validates one value: walks schema and value together, remembers what was evaluated (for unevaluated*), and the scope of
// resources (for $dynamicRef). Work and depth are bounded; a value that is too much to look at is invalid.
#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <unordered_set>

#include "runtime/base/cut_text.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/model/canonical_json.hpp"
#include "runtime/model/forms/schema_node.hpp"
#include "runtime/model/forms/text_format.hpp"

namespace baton::forms {
namespace {

namespace json = boost::json;

// What of a value some schema has looked at.
struct Evaluated {
  bool all_properties = false;
  std::unordered_set<std::string_view> properties;
  bool all_items = false;
  std::size_t first_items = 0;
  std::unordered_set<std::size_t> items;

  void add(const Evaluated& other) {
    all_properties = all_properties || other.all_properties;
    properties.insert(other.properties.begin(), other.properties.end());
    all_items = all_items || other.all_items;
    first_items = std::max(first_items, other.first_items);
    items.insert(other.items.begin(), other.items.end());
  }
};

bool equal(const json::value& a, const json::value& b);

bool equal_objects(const json::object& a, const json::object& b) {
  return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&](const auto& member) {
           const json::value* const other = b.if_contains(member.key());
           return other != nullptr && equal(member.value(), *other);
         });
}

// Numbers are equal by their value: 1 and 1.0 are.
bool equal(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) {
    if (!a.is_double() && !b.is_double()) return a == b;
    return a.to_number<double>() == b.to_number<double>();
  }
  if (a.kind() != b.kind()) return false;
  if (a.is_object()) return equal_objects(a.get_object(), b.get_object());
  if (a.is_array())
    return std::equal(a.get_array().begin(), a.get_array().end(), b.get_array().begin(), b.get_array().end(), equal);
  return a == b;
}

std::string canonical(const json::value& value) {
  std::string out;
  const std::string text = json::serialize(value);
  return append_canonical_json(out, text) ? out : text;
}

bool is_whole(const json::value& value) {
  return value.is_int64() || value.is_uint64() ||
         (value.is_double() && std::nearbyint(value.get_double()) == value.get_double());
}

unsigned type_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return kNullType;
    case json::kind::bool_: return kBooleanType;
    case json::kind::object: return kObjectType;
    case json::kind::array: return kArrayType;
    case json::kind::string: return kStringType;
    default: return kNumberType | (is_whole(value) ? kIntegerType : 0u);
  }
}

std::string types_text(unsigned types) {
  constexpr std::array<std::pair<unsigned, const char*>, 7> kNames = {{{kStringType, "a text"},
                                                                       {kIntegerType, "a whole number"},
                                                                       {kNumberType, "a number"},
                                                                       {kBooleanType, "yes or no"},
                                                                       {kArrayType, "a list"},
                                                                       {kObjectType, "a group of fields"},
                                                                       {kNullType, "empty"}}};
  std::string text;
  for (const auto& [bit, name] : kNames) {
    if ((types & bit) != 0) text += (text.empty() ? "" : " or ") + std::string(name);
  }
  return text;
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string number_text(double value) {
  std::string out;
  append_json_number(out, value);
  return out;
}

std::string choices(const json::array& values) {
  std::string text;
  for (const json::value& value : values) text += (text.empty() ? "" : ", ") + json::serialize(value);
  constexpr std::size_t kLongest = 300;
  return text.size() > kLongest ? std::string(cut_text(text, kLongest)) + "..." : text;
}

bool is_multiple(double value, double of) {
  const double quotient = value / of;
  if (!std::isfinite(quotient)) return false;
  const double nearest = std::nearbyint(quotient);
  return std::abs(quotient - nearest) <= 1e-9 * std::max(1.0, std::abs(nearest)) * 1e-3;
}

class Validator {
 public:
  explicit Validator(const Schema& schema) : schema_(schema) {}

  std::vector<FieldError> run(const Node& node, const json::value& value) {
    Evaluated seen;
    (void)check(node, value, "", seen);
    if (exhausted_) return {{"", "", "is more than can be checked"}};
    return std::move(errors_);
  }

 private:
  void complain(const std::string& pointer, const char* keyword, std::string message) {
    if (errors_.size() < limits::kFormErrors) errors_.push_back({pointer, keyword, std::move(message)});
  }

  static std::string below(const std::string& pointer, std::string_view part) {
    std::string out = pointer + "/";
    for (const char c : part) {
      if (c == '~') {
        out += "~0";
      } else if (c == '/') {
        out += "~1";
      } else {
        out.push_back(c);
      }
    }
    return out;
  }
  static std::string below(const std::string& pointer, std::size_t index) {
    return pointer + "/" + std::to_string(index);
  }

  // Without a word: whether it would be valid.
  bool quietly(const Node& node, const json::value& value, const std::string& at, Evaluated& seen,
               std::vector<FieldError>* said = nullptr) {
    std::vector<FieldError> kept = std::exchange(errors_, {});
    const bool valid = check(node, value, at, seen);
    if (said != nullptr) *said = std::move(errors_);
    errors_ = std::move(kept);
    return valid;
  }

  bool check(const Node& node, const json::value& value, const std::string& at, Evaluated& seen) {
    if (++steps_ > limits::kFormSteps || depth_ > limits::kFormDepth) exhausted_ = true;
    if (exhausted_) return false;
    if (node.boolean) {
      if (!*node.boolean) complain(at, "false", "is not allowed here");
      return *node.boolean;
    }
    ++depth_;
    const bool enters = scope_.empty() || scope_.back() != node.resource;
    if (enters) scope_.push_back(node.resource);
    Evaluated mine;
    bool valid = check_references(node, value, at, mine);
    valid = check_value(node, value, at) && valid;
    valid = check_combined(node, value, at, mine) && valid;
    if (const json::object* const object = value.if_object())
      valid = check_object(node, *object, at, value, mine) && valid;
    if (const json::array* const array = value.if_array()) valid = check_array(node, *array, at, mine) && valid;
    if (enters) scope_.pop_back();
    --depth_;
    // What an invalid schema has looked at counts for nobody.
    if (valid) seen.add(mine);
    return valid;
  }

  bool check_references(const Node& node, const json::value& value, const std::string& at, Evaluated& mine) {
    bool valid = true;
    if (node.ref != nullptr) valid = check(*node.ref, value, at, mine);
    if (node.dynamic_ref == nullptr) return valid;
    const Node* target = node.dynamic_ref;
    if (!node.dynamic_ref_anchor.empty()) {
      for (const Resource* resource : scope_) {
        const auto found = resource->dynamic_anchors.find(node.dynamic_ref_anchor);
        if (found == resource->dynamic_anchors.end()) continue;
        target = found->second;
        break;
      }
    }
    return check(*target, value, at, mine) && valid;
  }

  // ---- single values -----------------------------------------------------------------------------------------------------

  bool check_value(const Node& node, const json::value& value, const std::string& at) {
    if (node.types != 0 && (node.types & type_of(value)) == 0) {
      complain(at, "type", "must be " + types_text(node.types));
      return false;  // All else would only say the same again.
    }
    bool valid = true;
    const auto refuse = [&](const char* keyword, std::string message) {
      complain(at, keyword, std::move(message));
      valid = false;
    };
    if (node.constant != nullptr && !equal(*node.constant, value)) {
      refuse("const", "must be " + choices(json::array{*node.constant}));
    }
    if (node.enumeration != nullptr && std::none_of(node.enumeration->begin(), node.enumeration->end(),
                                                    [&](const auto& each) { return equal(each, value); })) {
      refuse("enum", "must be one of: " + choices(*node.enumeration));
    }
    if (value.is_number()) check_number(node, value.to_number<double>(), refuse);
    if (value.is_string()) check_text(node, {value.get_string().data(), value.get_string().size()}, refuse);
    return valid;
  }

  template <typename Refuse>
  void check_number(const Node& node, double number, Refuse& refuse) {
    if (node.multiple_of && !is_multiple(number, *node.multiple_of)) {
      refuse("multipleOf", "must be a multiple of " + number_text(*node.multiple_of));
    }
    if (node.maximum && number > *node.maximum) refuse("maximum", "must be at most " + number_text(*node.maximum));
    if (node.minimum && number < *node.minimum) refuse("minimum", "must be at least " + number_text(*node.minimum));
    if (node.exclusive_maximum && number >= *node.exclusive_maximum) {
      refuse("exclusiveMaximum", "must be below " + number_text(*node.exclusive_maximum));
    }
    if (node.exclusive_minimum && number <= *node.exclusive_minimum) {
      refuse("exclusiveMinimum", "must be above " + number_text(*node.exclusive_minimum));
    }
  }

  template <typename Refuse>
  void check_text(const Node& node, std::string_view text, Refuse& refuse) {
    if (node.max_length || node.min_length) {
      const std::size_t length = code_points(text);
      if (node.max_length && length > *node.max_length) {
        refuse("maxLength", "must have at most " + std::to_string(*node.max_length) + " characters");
      }
      if (node.min_length && length < *node.min_length) {
        refuse("minLength", *node.min_length == 1
                                ? "must not be empty"
                                : "must have at least " + std::to_string(*node.min_length) + " characters");
      }
    }
    if (node.pattern && !node.pattern->found_in(text)) {
      refuse("pattern", "must match the pattern " + node.pattern->expression());
    }
    if (schema_.rules.formats && !node.format.empty() && !has_format(text, node.format)) {
      refuse("format", "must be a valid " + node.format);
    }
  }

  // ---- schemas together ------------------------------------------------------------------------------------------------

  bool check_combined(const Node& node, const json::value& value, const std::string& at, Evaluated& mine) {
    bool valid = true;
    for (const Node* each : node.all_of) valid = check(*each, value, at, mine) && valid;
    if (!node.any_of.empty()) valid = check_any(node.any_of, value, at, mine) && valid;
    if (!node.one_of.empty()) valid = check_one(node.one_of, value, at, mine) && valid;
    if (node.negated != nullptr) {
      Evaluated nobodys;
      if (quietly(*node.negated, value, at, nobodys)) {
        complain(at, "not", "must not be like that");
        valid = false;
      }
    }
    if (node.condition != nullptr) {
      const Node* const branch = quietly(*node.condition, value, at, mine) ? node.then_node : node.else_node;
      if (branch != nullptr) valid = check(*branch, value, at, mine) && valid;
    }
    return valid;
  }

  // Says what is missing from the alternative that comes nearest.
  bool check_any(const std::vector<Node*>& alternatives, const json::value& value, const std::string& at,
                 Evaluated& mine) {
    bool valid = false;
    std::vector<FieldError> nearest;
    for (const Node* each : alternatives) {
      std::vector<FieldError> said;
      if (quietly(*each, value, at, mine, &said)) {
        valid = true;
      } else if (nearest.empty() || said.size() < nearest.size()) {
        nearest = std::move(said);
      }
    }
    if (valid) return true;
    if (nearest.empty()) complain(at, "anyOf", "matches none of what is allowed");
    for (FieldError& error : nearest) complain(error.pointer, error.keyword.c_str(), std::move(error.message));
    return false;
  }

  bool check_one(const std::vector<Node*>& alternatives, const json::value& value, const std::string& at,
                 Evaluated& mine) {
    std::size_t count = 0;
    std::vector<FieldError> nearest;
    for (const Node* each : alternatives) {
      std::vector<FieldError> said;
      Evaluated its;
      if (quietly(*each, value, at, its, &said)) {
        if (++count == 1) mine.add(its);
      } else if (nearest.empty() || said.size() < nearest.size()) {
        nearest = std::move(said);
      }
    }
    if (count == 1) return true;
    if (count > 1 || nearest.empty()) {
      complain(at, "oneOf",
               count > 1 ? "matches several alternatives, and must match one" : "matches none of what is allowed");
      return false;
    }
    for (FieldError& error : nearest) complain(error.pointer, error.keyword.c_str(), std::move(error.message));
    return false;
  }

  // ---- objects -----------------------------------------------------------------------------------------------------------

  bool check_object(const Node& node, const json::object& object, const std::string& at, const json::value& whole,
                    Evaluated& mine) {
    bool valid = check_presence(node, object, at);
    for (const auto& [name, dependent] : node.dependent_schemas) {
      if (object.contains(name)) valid = check(*dependent, whole, at, mine) && valid;
    }
    std::unordered_set<std::string_view> named;
    for (const auto& [name, property] : node.properties) {
      const json::value* const value = object.if_contains(name);
      if (value == nullptr) continue;
      named.insert(name);
      valid = check_below(*property, *value, below(at, name)) && valid;
    }
    for (const auto& [key, value] : object) {
      const std::string_view name(key.data(), key.size());
      for (const auto& [pattern, property] : node.pattern_properties) {
        if (!pattern.found_in(name)) continue;
        named.insert(name);
        valid = check_below(*property, value, below(at, name)) && valid;
      }
      if (node.property_names != nullptr) {
        Evaluated nobodys;
        if (!quietly(*node.property_names, json::value(key), at, nobodys)) {
          complain(below(at, name), "propertyNames", "has a name that is not allowed");
          valid = false;
        }
      }
    }
    if (node.additional_properties != nullptr) {
      for (const auto& [key, value] : object) {
        const std::string_view name(key.data(), key.size());
        if (!named.contains(name))
          valid = check_rest(*node.additional_properties, value, below(at, name), "additionalProperties") && valid;
      }
      mine.all_properties = true;
    }
    mine.properties.insert(named.begin(), named.end());
    if (node.unevaluated_properties != nullptr && !mine.all_properties) {
      for (const auto& [key, value] : object) {
        const std::string_view name(key.data(), key.size());
        if (!mine.properties.contains(name)) {
          valid = check_rest(*node.unevaluated_properties, value, below(at, name), "unevaluatedProperties") && valid;
        }
      }
      mine.all_properties = true;
    }
    return valid;
  }

  bool check_presence(const Node& node, const json::object& object, const std::string& at) {
    bool valid = true;
    const auto require = [&](const std::string& name, const char* keyword, const std::string& message) {
      if (object.contains(name)) return;
      complain(below(at, name), keyword, message);
      valid = false;
    };
    for (const std::string& name : node.required) require(name, "required", "is missing");
    for (const auto& [name, needed] : node.dependent_required) {
      if (!object.contains(name)) continue;
      for (const std::string& each : needed) {
        require(each, "dependentRequired", "is missing: it is needed with " + field_name_of(below(at, name)));
      }
    }
    if (node.max_properties && object.size() > *node.max_properties) {
      complain(at, "maxProperties", "may have at most " + std::to_string(*node.max_properties) + " fields");
      valid = false;
    }
    if (node.min_properties && object.size() < *node.min_properties) {
      complain(at, "minProperties", "must have at least " + std::to_string(*node.min_properties) + " fields");
      valid = false;
    }
    return valid;
  }

  bool check_below(const Node& node, const json::value& value, const std::string& at) {
    Evaluated its;  // Of another value: nobody else's business.
    return check(node, value, at, its);
  }

  // additionalProperties and their like: a plain false means that the field is not known.
  bool check_rest(const Node& node, const json::value& value, const std::string& at, const char* keyword) {
    if (node.boolean == false) {
      complain(at, keyword, "is not a field of this form");
      return false;
    }
    return check_below(node, value, at);
  }

  // ---- arrays ------------------------------------------------------------------------------------------------------------

  bool check_array(const Node& node, const json::array& array, const std::string& at, Evaluated& mine) {
    bool valid = check_count(node, array, at);
    const std::size_t first = std::min(node.prefix_items.size(), array.size());
    for (std::size_t i = 0; i < first; ++i) valid = check_below(*node.prefix_items[i], array[i], below(at, i)) && valid;
    mine.first_items = std::max(mine.first_items, first);
    if (node.items != nullptr) {
      for (std::size_t i = first; i < array.size(); ++i)
        valid = check_below(*node.items, array[i], below(at, i)) && valid;
      mine.all_items = true;
    }
    if (node.contains != nullptr) valid = check_contains(node, array, at, mine) && valid;
    if (node.unevaluated_items != nullptr && !mine.all_items) {
      for (std::size_t i = mine.first_items; i < array.size(); ++i) {
        if (!mine.items.contains(i))
          valid = check_rest(*node.unevaluated_items, array[i], below(at, i), "unevaluatedItems") && valid;
      }
      mine.all_items = true;
    }
    return valid;
  }

  bool check_count(const Node& node, const json::array& array, const std::string& at) {
    bool valid = true;
    const auto refuse = [&](const char* keyword, const std::string& message) {
      complain(at, keyword, message);
      valid = false;
    };
    if (node.max_items && array.size() > *node.max_items) {
      refuse("maxItems", "may have at most " + std::to_string(*node.max_items) + " entries");
    }
    if (node.min_items && array.size() < *node.min_items) {
      refuse("minItems", "must have at least " + std::to_string(*node.min_items) + " entries");
    }
    if (node.unique_items) {
      std::unordered_set<std::string> known;
      const bool unique = std::all_of(array.begin(), array.end(),
                                      [&](const json::value& each) { return known.insert(canonical(each)).second; });
      if (!unique) refuse("uniqueItems", "has the same entry twice");
    }
    return valid;
  }

  bool check_contains(const Node& node, const json::array& array, const std::string& at, Evaluated& mine) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < array.size(); ++i) {
      Evaluated nobodys;
      if (!quietly(*node.contains, array[i], below(at, i), nobodys)) continue;
      ++count;
      mine.items.insert(i);
    }
    if (count < node.min_contains.value_or(1)) {
      complain(at, "contains", "has too few entries of the kind that is needed");
      return false;
    }
    if (node.max_contains && count > *node.max_contains) {
      complain(at, "maxContains", "has too many entries of one kind");
      return false;
    }
    return true;
  }

  const Schema& schema_;
  std::vector<FieldError> errors_;
  std::vector<const Resource*> scope_;
  std::size_t steps_ = 0;
  std::size_t depth_ = 0;
  bool exhausted_ = false;
};

}  // namespace

std::vector<FieldError> validate_node(const Schema& schema, const Node& node, const json::value& value) {
  return Validator(schema).run(node, value);
}

}  // namespace baton::forms
