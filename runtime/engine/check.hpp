// Would this instance run on under another bundle? Replays its journal there, with effects suppressed, and says. Pure.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/engine/run_journal.hpp"
#include "runtime/script/program.hpp"

namespace baton {

enum class CheckVerdict {
  same,         // The replay agrees to the last entry.
  safe,         // It agrees, and asks for something new at the end, or leaves out what was only written down.
  needs_patch,  // The journal has what the script no longer does: guard the change with ctx:patch.
  impossible,   // The bundle has no such workflow, or the script fails on the replay.
};

[[nodiscard]] std::string_view to_string(CheckVerdict verdict) noexcept;

struct CheckFinding {
  std::string instance;
  CheckVerdict verdict = CheckVerdict::same;
  std::string journal_line;  // The line that asked, as the journal has it.
  std::string script_line;   // Where the candidate's script stands instead.
  std::string message;       // For people, with the cure. Baton's words, which name no patient.
  std::string told;          // The script's own, where it fails; they may.
};

// `journal` is that of the current run, from its Started, which has index `first`.
[[nodiscard]] CheckFinding check(const std::string& instance, EntriesView journal, EntryIndex first,
                                 const std::string& workflow, const std::shared_ptr<const Program>& candidate);

}  // namespace baton
