// Files of the source tree that are part of the program: the pages of errors, the API's schemas. Pure. (Scripts are
// runtime/script/standard_library.hpp's.)
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace baton {

struct EmbeddedFile {
  std::string_view path;  // From the root of the source tree: "docs/errors/BT101.md".
  std::string_view content;
};

// All whose path begins with `prefix`, in the order of paths.
[[nodiscard]] std::vector<EmbeddedFile> embedded_files(std::string_view prefix);
[[nodiscard]] std::optional<std::string_view> embedded_file(std::string_view path);

}  // namespace baton
