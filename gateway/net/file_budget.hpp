// Open files are shared by clients and the store, and a store that gets none stops the server: so clients get what the
// store leaves. Pure but for raise_file_limit().
#pragma once

#include <cstddef>
#include <string>

#include "runtime/base/result.hpp"

namespace baton {

// Raises this process's limit of open files as far as the system lets it, and gives it.
[[nodiscard]] std::size_t raise_file_limit();

struct FileBudget {
  std::size_t http = 0;  // Connections.
  std::size_t mllp = 0;
  std::string said;  // What the log says where it is less than was asked for; empty otherwise.
};

// `http` and `mllp`: connections as configured, 0 for none. Beside `http` connections some more are there for a moment, to be
// told that there is no room. Error bad_config where too few files are left to serve anybody.
[[nodiscard]] Result<FileBudget> share_files(std::size_t files, std::size_t http, std::size_t mllp);

}  // namespace baton
