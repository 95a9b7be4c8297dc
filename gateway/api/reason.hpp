// Reasons in words. They outlast what they explain, so one that says nothing is no reason. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "runtime/base/blank.hpp"
#include "runtime/model/json_fields.hpp"

namespace baton {

// The field `name`; empty where it is missing or blank, so that whoever needs one refuses both in the same words.
[[nodiscard]] inline std::string reason_of(JsonFields& fields, std::string_view name = "reason") {
  return std::string(trimmed(fields.text(name).value_or("")));
}

// The same for a body that is read further in.
inline void trim_reason(boost::json::object& body) {
  auto* const reason = body.if_contains("reason");
  if (reason != nullptr && reason->is_string()) *reason = std::string(trimmed(reason->get_string()));
}

}  // namespace baton
