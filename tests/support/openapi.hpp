// Holds answers against the OpenAPI document that the server gives of itself: the status is described, and the body has the form
// that the schema says, with no member that it does not name. Knows the part of JSON Schema that gateway/api/schemas.json uses.
#pragma once

#include <algorithm>
#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/instant.hpp"

namespace baton::test {

class OpenApi {
 public:
  explicit OpenApi(boost::json::value document) : document_(std::move(document)) {}

  // What is wrong with an answer; empty when nothing is. A path that no document describes is not looked at.
  [[nodiscard]] std::vector<std::string> complaints(std::string method, std::string_view target, int status,
                                                    const boost::json::value& body) const;

 private:
  using Value = boost::json::value;
  using Object = boost::json::object;

  static std::vector<std::string> parts_of(std::string_view path);

  // The path with the fewest parameters that fits.
  [[nodiscard]] const Object* find_operation(std::string method, std::string_view path) const;

  static bool has_type(const Value& value, std::string_view type);
  static bool has_one_type(const Value& value, const Value& types);

  void check(const Value& given, const Value& value, const std::string& place, std::vector<std::string>& out) const;

  void check_members(const Object& schema, const Object& value, const std::string& place,
                     std::vector<std::string>& out) const;

  Value document_;
};

}  // namespace baton::test
