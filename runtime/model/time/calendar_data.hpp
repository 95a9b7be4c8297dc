// What a business calendar consists of once its document is read. Private to the calendar: operations read it
// (business_calendar.cpp), the reader builds it (business_calendar_document.cpp). Immutable once built.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/model/time/time_zone.hpp"

namespace baton {

// Times of day, counted from midnight of the day on which the span begins; `to` is past 24 h when it crosses midnight.
// Invariant: 0 <= from < 24 h, from < to <= from + 24 h.
struct OpenSpan {
  Duration from;
  Duration to;
};
using OpenSpans = std::vector<OpenSpan>;  // In order, without overlap.

struct ShiftSpan {
  std::string name;
  OpenSpan span;
  std::array<bool, 7> on_weekday{};  // Sunday is 0, as std::chrono::weekday::c_encoding has it.
};

struct Holiday {
  LocalDay day;
  std::uint32_t kind;  // Into holiday_kinds.
};

struct HolidayKind {
  std::string name;
  OpenSpans hours;  // Empty: closed all day.
};

struct CalendarData {
  std::string name;
  std::int64_t version = 0;
  TimeZone zone;
  int first_year = 0;
  int last_year = 0;
  std::array<OpenSpans, 7> weekly;  // By weekday, Sunday is 0.
  std::vector<ShiftSpan> shifts;
  std::vector<HolidayKind> holiday_kinds;
  std::vector<Holiday> holidays;  // Of all valid years and one on either side, sorted by day, one a day.
};

}  // namespace baton
