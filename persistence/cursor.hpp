// Where a listing goes on: which listing it is and the place in its order, as text that a caller hands back unread. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.hpp"

namespace baton {

// Listings by number: a cursor of one is refused by another, whose order it would not mean.
enum class Listing : std::uint8_t {
  instances = 1,
  open_tasks = 2,
  closed_tasks = 3,
  tasks_of_patient = 4,
  tasks_of_instance = 5,
  open_incidents = 6,
  timeline = 7,
  messages = 8,
  rows = 9,
  audit = 10,
  open_alerts = 11,
  alerts_by_time = 12,
  patients = 13,
};

[[nodiscard]] std::string write_cursor(Listing listing, std::string_view place);
// The place; empty for the empty cursor, which is the beginning. Error bad_cursor.
[[nodiscard]] Result<std::string> read_cursor(Listing listing, std::string_view cursor);

}  // namespace baton
