// An audit record as others want to read it: a FHIR R4 AuditEvent, or a row of a table. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/json_text.hpp"
#include "runtime/base/result.hpp"

namespace baton {

struct AuditEvent {
  std::string id;  // "record-17"; of a record about several patients "record-17-1" and so on, one for each.
  JsonText json;
};

// The record as AuditEvents. The record itself, byte for byte, is in the detail "leaf" of the last entity, so that what it
// says can be proved. Error bad_json.
[[nodiscard]] Result<std::vector<AuditEvent>> audit_events(std::uint64_t index, std::string_view leaf,
                                                           std::string_view origin);

// RFC 4180, with CR LF. The last column is the record itself.
[[nodiscard]] std::string audit_csv_heading();
[[nodiscard]] Result<std::string> audit_csv_row(std::uint64_t index, std::string_view leaf);

}  // namespace baton
