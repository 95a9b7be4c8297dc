// What Baton brings along for scripts: the modules and calendars that every bundle may use, and the shipped bundle. Pure.
#pragma once

#include "runtime/script/program.hpp"

namespace baton {

// "lib/hl7.lua", "calendars/us_federal.json" and the like.
[[nodiscard]] const BundleFiles& standard_library();

// The bundle "handoffs": discharge and referral, with its tests. Not yet completed.
[[nodiscard]] const BundleFiles& shipped_bundle();

// Adds what a bundle uses and does not have itself: each module of the standard library that one of its sources requires by
// a literal name, and the calendar us_federal where it has no calendar. A bundle that is complete stays as it is, so one that
// was stored complete keeps its hash under a later Baton.
[[nodiscard]] BundleFiles complete_bundle(BundleFiles files);

}  // namespace baton
