// Files that only their owner may read: keys.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "runtime/base/result.hpp"

namespace baton {

// Written beside, synced and renamed, the folder synced too: whatever cuts it short, a reader sees the old file or the new one, and no
// half of a key. Error: io_failed.
[[nodiscard]] Status replace_private_file(const std::filesystem::path& path, std::string_view text);

// What errno says of a call about this file: io_failed.
[[nodiscard]] Error file_failed(const std::filesystem::path& path);

}  // namespace baton
