// Reasons in words. They outlast what they explain, so one that says nothing is no reason. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "runtime/model/json_fields.hpp"

namespace baton {

// Without white space and control characters around it; empty where there is nothing else.
[[nodiscard]] inline std::string trimmed(std::string_view text) {
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return std::string(text);
}

// The field `name`; empty where it is missing or blank, so that whoever needs one refuses both in the same words.
[[nodiscard]] inline std::string reason_of(JsonFields& fields, std::string_view name = "reason") {
  return trimmed(fields.text(name).value_or(""));
}

// The same for a body that is read further in.
inline void trim_reason(boost::json::object& body) {
  auto* const reason = body.if_contains("reason");
  if (reason != nullptr && reason->is_string()) *reason = trimmed(reason->get_string());
}

}  // namespace baton
