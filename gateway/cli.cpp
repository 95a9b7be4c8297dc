#include "gateway/cli.hpp"

namespace baton {

int run_cli(int, char**) { return 2; }

}  // namespace baton
