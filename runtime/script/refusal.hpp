// Refuses what earlier versions let pass. A script that has got past such a call must get past it again when its journal is replayed, so
// the refusal is a fact of the journal, as a patch is: it comes only where the call is made anew. Only runtime/script/ sees it.
#pragma once

#include <optional>
#include <string>

#include "runtime/script/execution.hpp"

namespace baton::script {

// Raises `message` where the call is made anew; comes back where the journal of an earlier version has passed it. `method` is the
// function of ctx. Costs an entry of the journal, and only for the call that is refused.
void refuse_anew(lua_State* state, Execution& execution, const char* method, const std::string& message);

// The same for what is wrong with a table (ctx_shapes.hpp), if anything is.
void refuse_fault(lua_State* state, Execution& execution, const char* method, const std::optional<std::string>& fault);

// Raises "ctx:<method> needs <what>" unless the argument is a function.
void check_function(lua_State* state, int argument, const char* method, const char* what);

// Refuses a number that is a length of time in disguise: 3600 as a time is in 1970, and has passed. At `index`.
void refuse_small_time(lua_State* state, Execution& execution, int index, const char* method);

// What the options of a wait must not say: a time-out beside a moment, of which nobody could say which counts, and a number as a
// time-out.
void refuse_bad_end(lua_State* state, Execution& execution, int options, const char* method);

}  // namespace baton::script
