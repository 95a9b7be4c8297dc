// Reasons in words. They outlast what they explain, so one that says nothing is no reason. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "runtime/base/blank.hpp"
#include "runtime/model/json_fields.hpp"

namespace baton {

inline constexpr std::size_t kReasonSize = 8'000;  // It stands in the ledger for good.

// The field `name`; empty where it is missing or blank, so that whoever needs one refuses both in the same words. Refuses
// one that is too long.
[[nodiscard]] inline std::string reason_of(JsonFields& fields, std::string_view name = "reason") {
  std::string reason(trimmed(fields.text(name).value_or("")));
  if (reason.size() > kReasonSize) {
    fields.refuse(std::string(name), "is longer than " + std::to_string(kReasonSize) + " bytes",
                  "say it shorter: it stands in the ledger for good");
  }
  return reason;
}

// The same for a body that is read further in.
[[nodiscard]] inline Status trim_reason(boost::json::object& body) {
  JsonFields fields(body, "", ErrorCode::bad_field);
  auto* const reason = body.if_contains("reason");
  if (reason == nullptr || !reason->is_string()) return success();
  *reason = reason_of(fields);
  return fields.good() ? success() : fields.finish();
}

}  // namespace baton
