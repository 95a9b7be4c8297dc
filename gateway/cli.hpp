// The command line: one entry point; each verb has its own file below gateway/cli/.
#pragma once

namespace baton {

// Runs the verb named by the arguments and returns the exit code. 0 done; 1 the work failed; 2 wrong usage;
// 3 no server answers; 4 not found; 5 conflict.
int run_cli(int argc, char** argv);

}  // namespace baton
