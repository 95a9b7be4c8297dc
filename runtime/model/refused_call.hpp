// How the journal marks that the script goes by a rule which earlier versions did not have: as a patch. Pure.
#pragma once

#include <string_view>

namespace baton {

// A call was refused that earlier versions let pass: the id begins so.
constexpr std::string_view kRefusedCall = "refused:";
// Stands behind a cancel request that raises at waits only, and lets no branch stop another that is shielded.
constexpr std::string_view kCancelAtWaits = "rule:cancel_at_waits";

}  // namespace baton
