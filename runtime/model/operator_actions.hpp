// Action codes of what operators do to many cases at once, to incidents and by standing orders; as action:: in
// audit_record.hpp, docs/formats/audit.md lists them all.
#pragma once

#include <string_view>

namespace baton::action {

inline constexpr std::string_view kBatchStarted = "batch.started";
inline constexpr std::string_view kBatchAdvanced = "batch.advanced";
inline constexpr std::string_view kBatchStopped = "batch.stopped";
inline constexpr std::string_view kBatchResumed = "batch.resumed";
inline constexpr std::string_view kBatchFinished = "batch.finished";
inline constexpr std::string_view kIncidentInputEdited = "incident.input_edited";
inline constexpr std::string_view kPauseBegun = "operator.pause_begun";
inline constexpr std::string_view kPauseQuiet = "operator.pause_quiet";
inline constexpr std::string_view kPauseEnded = "operator.pause_ended";
inline constexpr std::string_view kBatchAbandoned = "batch.abandoned";

}  // namespace baton::action
