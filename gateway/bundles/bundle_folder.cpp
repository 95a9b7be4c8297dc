#include "gateway/bundles/bundle_folder.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace baton {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 7> kParts{"workflows", "activities", "mappings", "lib",
                                                 "calendars", "forms",      "tests"};

Result<std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file.good()) return Error{ErrorCode::io_failed, "'" + path.string() + "' cannot be read", ""};
  return std::move(text).str();
}

bool is_part(const fs::path& path) { return path.extension() == ".lua" || path.extension() == ".json"; }

}  // namespace

Result<NamedBundle> read_bundle_folder(const std::string& folder) {
  std::error_code error;
  const fs::path root = fs::weakly_canonical(folder, error);
  if (!fs::is_directory(root, error)) {
    return Error{ErrorCode::bad_bundle, "'" + folder + "' is not a folder", "name the folder that holds workflows/"};
  }
  NamedBundle bundle{root.filename().string(), {}};
  for (const std::string_view part : kParts) {
    const fs::path inside = root / part;
    if (!fs::is_directory(inside, error)) continue;
    for (auto entry = fs::recursive_directory_iterator(inside, error); entry != fs::recursive_directory_iterator();
         entry.increment(error)) {
      if (error) return Error{ErrorCode::io_failed, "'" + inside.string() + "': " + error.message(), ""};
      if (!entry->is_regular_file(error) || !is_part(entry->path())) continue;
      auto text = read_file(entry->path());
      if (!text) return std::move(text).error();
      bundle.files.emplace(fs::relative(entry->path(), root, error).generic_string(), std::move(*text));
    }
  }
  if (bundle.files.empty()) {
    return Error{
        ErrorCode::bad_bundle, "'" + folder + "' holds no bundle",
        "a bundle has workflows/*.lua, and may have activities/, mappings/, lib/, calendars/, forms/ and tests/"};
  }
  return bundle;
}

}  // namespace baton
