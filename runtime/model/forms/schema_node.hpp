// The inside of a compiled schema: its nodes, and the resources ($id) that they belong to. Only runtime/model/forms/ sees it.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/model/forms/json_schema.hpp"
#include "runtime/model/forms/pattern.hpp"

namespace baton::forms {

struct Node;

// A part of the document with an identity of its own, within which fragments are looked up.
struct Resource {
  std::string uri;  // Without fragment; "" where the document has no $id.
  const boost::json::value* root = nullptr;
  std::map<std::string, Node*, std::less<>> anchors;
  std::map<std::string, Node*, std::less<>> dynamic_anchors;
};

// Bits of the keyword "type".
enum TypeBit : unsigned {
  kNullType = 1,
  kBooleanType = 2,
  kObjectType = 4,
  kArrayType = 8,
  kStringType = 16,
  kNumberType = 32,
  kIntegerType = 64
};

struct Node {
  Resource* resource = nullptr;
  std::optional<bool> boolean;  // The schemas true and false.

  unsigned types = 0;  // 0: any.
  const boost::json::value* constant = nullptr;
  const boost::json::array* enumeration = nullptr;

  std::optional<double> multiple_of, maximum, exclusive_maximum, minimum, exclusive_minimum;
  std::optional<std::uint64_t> max_length, min_length, max_items, min_items, max_properties, min_properties;
  std::optional<std::uint64_t> max_contains, min_contains;
  std::optional<Pattern> pattern;
  std::string format;
  bool unique_items = false;

  std::vector<std::string> required;
  std::vector<std::pair<std::string, std::vector<std::string>>> dependent_required;
  std::vector<std::pair<std::string, Node*>> properties;
  std::unordered_map<std::string, Node*> property_by_name;
  std::vector<std::pair<Pattern, Node*>> pattern_properties;
  std::vector<std::pair<std::string, Node*>> dependent_schemas;
  Node* additional_properties = nullptr;
  Node* property_names = nullptr;
  Node* unevaluated_properties = nullptr;

  std::vector<Node*> prefix_items;
  Node* items = nullptr;
  Node* contains = nullptr;
  Node* unevaluated_items = nullptr;

  std::vector<Node*> all_of, any_of, one_of;
  Node* negated = nullptr;
  Node* condition = nullptr;
  Node* then_node = nullptr;
  Node* else_node = nullptr;

  Node* ref = nullptr;
  Node* dynamic_ref = nullptr;     // Where it leads when nobody in the dynamic scope has the anchor.
  std::string dynamic_ref_anchor;  // Empty: an ordinary reference.
  std::string dynamic_anchor;
};

struct Schema {
  boost::json::value document;
  SchemaRules rules;
  std::string title;
  Node* root = nullptr;
  std::vector<std::unique_ptr<Node>> nodes;
  std::vector<std::unique_ptr<Resource>> resources;
  std::unordered_map<const boost::json::value*, Node*> node_at;
  // Parts that validate_part() may name, as they were asked for when the schema was compiled: all $defs and anchors.
  std::map<std::string, Node*, std::less<>> parts;
};

// Fills in everything; schema.document is there. Error: bad_bundle.
[[nodiscard]] Status compile_schema(Schema& schema);
[[nodiscard]] std::vector<FieldError> validate_node(const Schema& schema, const Node& node,
                                                    const boost::json::value& value);

}  // namespace baton::forms
