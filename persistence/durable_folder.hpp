// Folders that a power cut does not take away again with what was acknowledged in them.
#pragma once

#include <filesystem>

#include "runtime/base/result.hpp"

namespace baton {

// Who may look into a folder that is made: whoever the process's umask lets, or its owner alone.
enum class FolderFor { everybody, owner };

// Makes the folder, and those above it that are not there (for everybody), and syncs what each was made in. Nothing where it is
// there. Error: io_failed.
[[nodiscard]] Status make_durable_folder(const std::filesystem::path& folder, FolderFor whom = FolderFor::everybody);

// What was made, renamed or removed in the folder is so after a power cut as well. Error: io_failed.
[[nodiscard]] Status sync_folder(const std::filesystem::path& folder);

}  // namespace baton
