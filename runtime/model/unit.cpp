#include "runtime/model/unit.hpp"

#include <boost/json.hpp>

#include "runtime/model/json_fields.hpp"

namespace baton {

std::string unit_of(const Attributes& attributes) {
  for (const char* name : kUnitAttributes) {
    const auto found = attributes.find(name);
    if (found == attributes.end()) continue;
    const auto value = parse_json_document(found->second);
    if (value.ok() && value->is_string() && !value->get_string().empty()) return std::string(value->get_string());
  }
  return {};
}

}  // namespace baton
