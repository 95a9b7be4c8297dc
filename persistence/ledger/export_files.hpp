// The files of exports and witnesses: whole reads and whole writes.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "runtime/base/result.hpp"

namespace baton {

// Of a pruned ledger's export: the decimal index from which on it has entries, and a newline. C2SP names the index and not
// yet a file for it.
inline constexpr std::string_view kMinimumIndexFile = "minimum-index";

// Errors: not_found, too_large beyond `limit` bytes, io_failed.
[[nodiscard]] Result<std::string> read_export_file(const std::filesystem::path& path, std::size_t limit);
// Makes the directories above. A reader sees the old file or the new one, never a part.
[[nodiscard]] Status write_export_file(const std::filesystem::path& path, std::string_view bytes);
// The same in a folder that is there: one that is not, or was moved away in this moment, is not made. Errors: not_found,
// io_failed.
[[nodiscard]] Status write_file_where_folder_is(const std::filesystem::path& path, std::string_view bytes);
// As write_export_file(), and on disk when it returns.
[[nodiscard]] Status write_file_durably(const std::filesystem::path& path, std::string_view bytes);

}  // namespace baton
