#include "gateway/embedded/embedded_files.hpp"

#include <algorithm>

#include "gateway/embedded/embedded_table.hpp"

namespace baton {
namespace {

EmbeddedFile file_of(const EmbeddedRow& row) {
  return {row.path, {row.begin, static_cast<std::size_t>(row.end - row.begin)}};
}

}  // namespace

std::vector<EmbeddedFile> embedded_files(std::string_view prefix) {
  std::vector<EmbeddedFile> files;
  for (unsigned i = 0; i < kEmbeddedRowCount; ++i) {
    const EmbeddedFile file = file_of(kEmbeddedRows[i]);
    if (file.path.substr(0, prefix.size()) == prefix) files.push_back(file);
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

std::optional<std::string_view> embedded_file(std::string_view path) {
  for (unsigned i = 0; i < kEmbeddedRowCount; ++i) {
    const EmbeddedFile file = file_of(kEmbeddedRows[i]);
    if (file.path == path) return file.content;
  }
  return std::nullopt;
}

}  // namespace baton
