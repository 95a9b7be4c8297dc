// Bundles as folders on disk. What they use of the standard library is added when they are compiled.
#pragma once

#include <string>

#include "runtime/base/result.hpp"
#include "runtime/script/program.hpp"

namespace baton {

struct NamedBundle {
  std::string name;
  BundleFiles files;
};

// The .lua and .json files below the bundle's own folders. The name is the folder's. Errors: bad_bundle when
// it is no folder or has no script; io_failed.
[[nodiscard]] Result<NamedBundle> read_bundle_folder(const std::string& folder);
}  // namespace baton
