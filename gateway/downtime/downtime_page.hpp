// The page of one unit for the time when server and network are gone: what is open, who owes it, by when, and what comes
// next, with room to write down what was done meanwhile. One file, no scripts, nothing from elsewhere, fit for paper. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/base/instant.hpp"
#include "runtime/model/time/time_zone.hpp"

namespace baton {

struct DowntimeTask {
  std::string id;
  std::string instance;
  std::string name;
  std::string title;    // Of its workflow.
  std::string patient;  // Name where it is known, with the id.
  std::string why;      // The script's.
  std::string owner;
  std::optional<Instant> due;
  std::string then;  // What happens at the deadline.
  std::vector<std::string> outcomes;
  bool on_hold = false;
};

struct DowntimeUnit {
  std::string unit;  // Empty: cases without one.
  std::int64_t open_cases = 0;
  std::vector<DowntimeTask> tasks;  // Late ones first.
  bool more = false;                // Not all are on the page.
};

// `server`: where the real thing is, as people write it.
[[nodiscard]] std::string downtime_page(const DowntimeUnit& unit, Instant written, const TimeZone& zone);
struct DowntimeLink {
  std::string unit;
  std::string file;
  std::size_t tasks = 0;
  std::size_t late = 0;
};
[[nodiscard]] std::string downtime_index(const std::vector<DowntimeLink>& links, Instant written, const TimeZone& zone);
// "baton-downtime-4w-1f0c2a9b.html": the name of a unit's file.
[[nodiscard]] std::string downtime_file(const std::string& unit);

}  // namespace baton
