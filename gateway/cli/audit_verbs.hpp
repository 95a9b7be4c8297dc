// The verbs around the ledger, each in a file of its own.
#pragma once

#include "gateway/cli/verb.hpp"

namespace baton {

Verb audit_ask_verb(Cli& cli);
Verb audit_hold_verb(Cli& cli);
Verb audit_prune_verb(Cli& cli);
Verb break_glass_verb(Cli& cli);

}  // namespace baton
