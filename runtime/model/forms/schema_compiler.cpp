// Turns the document into nodes: first every place where a schema stands, then the references between them.
#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "runtime/base/limits.hpp"
#include "runtime/model/forms/schema_node.hpp"
#include "runtime/model/forms/schema_uri.hpp"
#include "runtime/model/forms/text_format.hpp"

namespace baton::forms {
namespace {

namespace json = boost::json;

// Keywords that mean something to readers only.
constexpr std::array<std::string_view, 20> kSpeakingOnly = {
    "$schema",          "$id",           "$anchor",  "$dynamicAnchor", "$comment",    "$defs",
    "$vocabulary",      "title",         "examples", "readOnly",       "writeOnly",   "contentEncoding",
    "contentMediaType", "contentSchema", "default",  "format",         "definitions", "description",
    "deprecated",       "$ref"};

struct PendingRef {
  Node* node;
  std::string ref;
  std::string where;
  bool dynamic;
};

class Compiler {
 public:
  explicit Compiler(Schema& schema) : schema_(schema) {}

  Status run() {
    Resource* const first = add_resource("", &schema_.document);
    schema_.root = compile(schema_.document, first, "");
    while (!error_ && !pending_.empty()) {
      const PendingRef ref = std::move(pending_.back());
      pending_.pop_back();
      resolve(ref);
    }
    if (error_) return *error_;
    for (const auto& [name, node] : schema_.root->resource->anchors) schema_.parts.emplace("#" + name, node);
    for (const auto& [name, node] : definitions_) schema_.parts.emplace(name, node);
    schema_.parts.emplace("#", schema_.root);
    return success();
  }

 private:
  void refuse(const std::string& where, const std::string& what) {
    if (!error_)
      error_ =
          Error{ErrorCode::bad_bundle, "at " + (where.empty() ? "the top" : where) + ": " + what, "see docs/FORMS.md"};
  }

  Resource* add_resource(std::string uri, const json::value* root) {
    schema_.resources.push_back(std::make_unique<Resource>());
    Resource* const made = schema_.resources.back().get();
    made->uri = std::move(uri);
    made->root = root;
    return made;
  }

  Node* compile(const json::value& value, Resource* resource, const std::string& where) {
    if (const auto known = schema_.node_at.find(&value); known != schema_.node_at.end()) return known->second;
    if (schema_.nodes.size() >= limits::kFormNodes) {
      refuse(where, "the schema has more than " + std::to_string(limits::kFormNodes) + " parts");
      return schema_.nodes.front().get();
    }
    schema_.nodes.push_back(std::make_unique<Node>());
    Node* const node = schema_.nodes.back().get();
    schema_.node_at.emplace(&value, node);
    node->resource = resource;
    if (const bool* const boolean = value.if_bool()) {
      node->boolean = *boolean;
    } else if (const json::object* const object = value.if_object()) {
      read_object(*node, value, *object, where);
    } else {
      refuse(where, "a schema is an object, true or false");
    }
    return node;
  }

  void read_object(Node& node, const json::value& value, const json::object& object, const std::string& where) {
    if (const json::value* const id = object.if_contains("$id"); id != nullptr && id->is_string()) {
      const std::string uri = resolve_uri(node.resource->uri, std::string(id->get_string()));
      if (&value == &schema_.document) {
        node.resource->uri = without_fragment(uri);
      } else {
        node.resource = add_resource(without_fragment(uri), &value);
      }
    }
    for (const auto& [key, item] : object) {
      if (error_) return;
      const std::string name(key);
      const std::string at = where + "/" + name;
      const bool known = read_reference(node, name, item, at) || read_text(node, name, item, at) ||
                         read_number(node, name, item, at) || read_size(node, name, item, at) ||
                         read_schema(node, name, item, at) || read_schemas(node, name, item, at) ||
                         std::find(kSpeakingOnly.begin(), kSpeakingOnly.end(), name) != kSpeakingOnly.end();
      if (!known && schema_.rules.known_keywords && !name.starts_with("x-")) {
        refuse(at, "JSON Schema has no keyword '" + name + "'; one of your own begins with x-");
      }
    }
  }

  bool read_reference(Node& node, const std::string& name, const json::value& item, const std::string& at) {
    if (name == "$ref" || name == "$dynamicRef") {
      if (!item.is_string()) {
        refuse(at, "a reference is a text");
      } else {
        pending_.push_back({&node, std::string(item.get_string()), at, name == "$dynamicRef"});
      }
      return true;
    }
    if (name == "$anchor" || name == "$dynamicAnchor") {
      if (!item.is_string()) {
        refuse(at, "an anchor is a text");
        return true;
      }
      const std::string anchor(item.get_string());
      node.resource->anchors[anchor] = &node;
      if (name == "$dynamicAnchor") {
        node.resource->dynamic_anchors[anchor] = &node;
        node.dynamic_anchor = anchor;
      }
      return true;
    }
    if (name == "$defs" || name == "definitions") {
      if (const json::object* const all = item.if_object()) {
        for (const auto& [key, each] : *all) {
          Node* const made = compile(each, node.resource, at + "/" + std::string(key));
          definitions_.emplace_back("#" + at + "/" + std::string(key), made);
        }
      } else {
        refuse(at, "definitions are an object of schemas");
      }
      return true;
    }
    return false;
  }

  std::vector<std::string> texts(const json::value& item, const std::string& at) {
    std::vector<std::string> list;
    const json::array* const array = item.if_array();
    if (array == nullptr) {
      refuse(at, "a list of texts is needed");
      return list;
    }
    for (const json::value& each : *array) {
      if (!each.is_string()) {
        refuse(at, "a list of texts is needed");
        return list;
      }
      list.emplace_back(each.get_string());
    }
    return list;
  }

  unsigned type_bit(std::string_view type, const std::string& at) {
    constexpr std::array<std::pair<std::string_view, TypeBit>, 7> kTypes = {{{"null", kNullType},
                                                                             {"boolean", kBooleanType},
                                                                             {"object", kObjectType},
                                                                             {"array", kArrayType},
                                                                             {"string", kStringType},
                                                                             {"number", kNumberType},
                                                                             {"integer", kIntegerType}}};
    for (const auto& [name, bit] : kTypes) {
      if (name == type) return bit;
    }
    refuse(at, "there is no type '" + std::string(type) + "'");
    return 0;
  }

  bool read_text(Node& node, const std::string& name, const json::value& item, const std::string& at) {
    if (name == "type") {
      if (item.is_string()) {
        node.types = type_bit(std::string_view(item.get_string().data(), item.get_string().size()), at);
      } else {
        for (const std::string& type : texts(item, at)) node.types |= type_bit(type, at);
      }
    } else if (name == "const") {
      node.constant = &item;
    } else if (name == "enum") {
      node.enumeration = item.if_array();
      if (node.enumeration == nullptr) refuse(at, "enum is a list");
    } else if (name == "required") {
      node.required = texts(item, at);
    } else if (name == "dependentRequired") {
      const json::object* const all = item.if_object();
      if (all == nullptr) {
        refuse(at, "dependentRequired is an object of lists");
        return true;
      }
      for (const auto& [key, each] : *all) node.dependent_required.emplace_back(std::string(key), texts(each, at));
    } else if (name == "pattern") {
      node.pattern = pattern_of(item, at);
    } else if (name == "format" && item.is_string()) {
      node.format = item.get_string();
      if (schema_.rules.known_keywords && !is_known_format(node.format)) {
        refuse(at,
               "the format '" + node.format + "' is not checked here; take date, time, date-time, email, uri or uuid");
      }
    } else if (name == "uniqueItems") {
      if (!item.is_bool()) refuse(at, "true or false is needed");
      node.unique_items = item.is_bool() && item.get_bool();
    } else if (name == "title" && item.is_string()) {
      if (at == "/title") schema_.title = item.get_string();
    } else {
      return false;
    }
    return true;
  }

  std::optional<Pattern> pattern_of(const json::value& item, const std::string& at) {
    if (!item.is_string()) {
      refuse(at, "a pattern is a text");
      return std::nullopt;
    }
    auto pattern = Pattern::compile(std::string_view(item.get_string().data(), item.get_string().size()));
    if (!pattern) {
      refuse(at, pattern.error().detail);
      return std::nullopt;
    }
    return std::move(*pattern);
  }

  bool read_number(Node& node, const std::string& name, const json::value& item, const std::string& at) {
    static const std::map<std::string, std::optional<double> Node::*> kNumbers = {
        {"multipleOf", &Node::multiple_of},
        {"maximum", &Node::maximum},
        {"exclusiveMaximum", &Node::exclusive_maximum},
        {"minimum", &Node::minimum},
        {"exclusiveMinimum", &Node::exclusive_minimum}};
    const auto found = kNumbers.find(name);
    if (found == kNumbers.end()) return false;
    if (!item.is_number()) {
      refuse(at, "a number is needed");
    } else {
      node.*(found->second) = item.to_number<double>();
      if (name == "multipleOf" && *node.multiple_of <= 0) refuse(at, "a number above 0 is needed");
    }
    return true;
  }

  bool read_size(Node& node, const std::string& name, const json::value& item, const std::string& at) {
    static const std::map<std::string, std::optional<std::uint64_t> Node::*> kSizes = {
        {"maxLength", &Node::max_length},         {"minLength", &Node::min_length},
        {"maxItems", &Node::max_items},           {"minItems", &Node::min_items},
        {"maxProperties", &Node::max_properties}, {"minProperties", &Node::min_properties},
        {"maxContains", &Node::max_contains},     {"minContains", &Node::min_contains}};
    const auto found = kSizes.find(name);
    if (found == kSizes.end()) return false;
    const double size = item.is_number() ? item.to_number<double>() : -1;
    if (size < 0 || size > 1e15 || size != static_cast<double>(static_cast<std::uint64_t>(size))) {
      refuse(at, "a whole number of 0 or more is needed");
    } else {
      node.*(found->second) = static_cast<std::uint64_t>(size);
    }
    return true;
  }

  bool read_schema(Node& node, const std::string& name, const json::value& item, const std::string& at) {
    static const std::map<std::string, Node* Node::*> kSchemas = {
        {"additionalProperties", &Node::additional_properties},
        {"propertyNames", &Node::property_names},
        {"unevaluatedProperties", &Node::unevaluated_properties},
        {"items", &Node::items},
        {"contains", &Node::contains},
        {"unevaluatedItems", &Node::unevaluated_items},
        {"not", &Node::negated},
        {"if", &Node::condition},
        {"then", &Node::then_node},
        {"else", &Node::else_node}};
    const auto found = kSchemas.find(name);
    if (found == kSchemas.end()) return false;
    node.*(found->second) = compile(item, node.resource, at);
    return true;
  }

  bool read_schemas(Node& node, const std::string& name, const json::value& item, const std::string& at) {
    if (name == "allOf" || name == "anyOf" || name == "oneOf" || name == "prefixItems") {
      const json::array* const array = item.if_array();
      if (array == nullptr || array->empty()) {
        refuse(at, "a list of schemas is needed");
        return true;
      }
      auto& into = name == "allOf"   ? node.all_of
                   : name == "anyOf" ? node.any_of
                   : name == "oneOf" ? node.one_of
                                     : node.prefix_items;
      std::size_t number = 0;
      for (const json::value& each : *array)
        into.push_back(compile(each, node.resource, at + "/" + std::to_string(number++)));
      return true;
    }
    if (name != "properties" && name != "patternProperties" && name != "dependentSchemas") return false;
    const json::object* const all = item.if_object();
    if (all == nullptr) {
      refuse(at, "an object of schemas is needed");
      return true;
    }
    for (const auto& [key, each] : *all) {
      Node* const made = compile(each, node.resource, at + "/" + std::string(key));
      if (name == "properties") {
        node.properties.emplace_back(key, made);
        node.property_by_name.emplace(key, made);
      } else if (name == "dependentSchemas") {
        node.dependent_schemas.emplace_back(key, made);
      } else if (auto pattern = pattern_of(json::value(key), at)) {
        node.pattern_properties.emplace_back(std::move(*pattern), made);
      }
    }
    return true;
  }

  // ---- references ------------------------------------------------------------------------------------------------------

  void resolve(const PendingRef& ref) {
    const std::string target = resolve_uri(ref.node->resource->uri, ref.ref);
    const std::string uri = without_fragment(target);
    const std::string fragment = fragment_of(target);
    Resource* found = nullptr;
    for (const auto& resource : schema_.resources) {
      if (resource->uri == uri) found = resource.get();
    }
    if (ref.ref.starts_with("#")) found = ref.node->resource;
    if (found == nullptr) {
      return refuse(ref.where, "'" + ref.ref + "' lies outside of this form; put it into $defs");
    }
    Node* const node =
        fragment.empty() || fragment.front() == '/' ? at_pointer(*found, fragment, ref) : at_anchor(*found, fragment);
    if (node == nullptr) return refuse(ref.where, "there is nothing at '" + ref.ref + "'");
    if (!ref.dynamic) {
      ref.node->ref = node;
      return;
    }
    ref.node->dynamic_ref = node;
    if (node->dynamic_anchor == fragment) ref.node->dynamic_ref_anchor = fragment;
  }

  static Node* at_anchor(const Resource& resource, const std::string& anchor) {
    const auto found = resource.anchors.find(anchor);
    return found == resource.anchors.end() ? nullptr : found->second;
  }

  // What a pointer leads to becomes a schema when it was none so far.
  Node* at_pointer(Resource& resource, std::string_view pointer, const PendingRef& ref) {
    const json::value* value = resource.root;
    Resource* owner = &resource;
    while (!pointer.empty()) {
      const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
      const std::string part = read_pointer_part(pointer.substr(1, end - 1));
      pointer.remove_prefix(end);
      if (const json::object* const object = value->if_object()) {
        value = object->if_contains(part);
      } else if (const json::array* const array = value->if_array()) {
        std::size_t index = 0;
        const auto [stop, failed] = std::from_chars(part.data(), part.data() + part.size(), index);
        const bool good = failed == std::errc() && stop == part.data() + part.size() && index < array->size();
        value = good ? &(*array)[index] : nullptr;
      } else {
        value = nullptr;
      }
      if (value == nullptr) return nullptr;
      if (const auto known = schema_.node_at.find(value); known != schema_.node_at.end()) {
        owner = known->second->resource;
      }
    }
    return compile(*value, owner, ref.where);
  }

  Schema& schema_;
  std::vector<PendingRef> pending_;
  std::vector<std::pair<std::string, Node*>> definitions_;
  std::optional<Error> error_;
};

}  // namespace

Status compile_schema(Schema& schema) { return Compiler(schema).run(); }

}  // namespace baton::forms
