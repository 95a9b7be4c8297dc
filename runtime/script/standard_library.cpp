#include "runtime/script/standard_library.hpp"

#include <utility>

#include "runtime/script/embedded_scripts.hpp"

namespace baton {
namespace {

constexpr std::string_view kShipped = "handoffs/";
constexpr std::string_view kDefaultCalendar = "calendars/us_federal.json";

BundleFiles embedded(bool shipped) {
  BundleFiles files;
  for (const script::EmbeddedScript& each : script::embedded_scripts()) {
    if (each.path.starts_with(kShipped) != shipped) continue;
    files.emplace(each.path.substr(shipped ? kShipped.size() : 0), each.content);
  }
  return files;
}

// The names in `require "name"` and `require("name")`, with either kind of quote.
std::vector<std::string> required_names(std::string_view source) {
  constexpr std::string_view kRequire = "require";
  std::vector<std::string> names;
  for (std::size_t at = source.find(kRequire); at != std::string_view::npos; at = source.find(kRequire, at + 1)) {
    const std::size_t open = source.find_first_not_of(" (", at + kRequire.size());
    if (open == std::string_view::npos || (source[open] != '"' && source[open] != '\'')) continue;
    const std::size_t close = source.find(source[open], open + 1);
    if (close != std::string_view::npos) names.emplace_back(source.substr(open + 1, close - open - 1));
  }
  return names;
}

// Adds what `source` requires, and what that requires.
void add_modules(BundleFiles& files, const std::string& source) {
  for (const std::string& name : required_names(source)) {
    const std::string path = "lib/" + name + ".lua";
    const auto found = standard_library().find(path);
    if (found != standard_library().end() && files.emplace(path, found->second).second)
      add_modules(files, found->second);
  }
}

// A module whose work is done outside comes with its activities: lib/notify.lua with activities/notify.lua.
void add_activities(BundleFiles& files) {
  for (const auto& [path, content] : standard_library()) {
    if (!path.starts_with("activities/")) continue;
    const auto module = files.find("lib/" + path.substr(std::string_view("activities/").size()));
    if (module != files.end() && module->second == standard_library().at(module->first)) files.emplace(path, content);
  }
}

bool has_calendar(const BundleFiles& files) {
  const auto first = files.lower_bound("calendars/");
  return first != files.end() && first->first.starts_with("calendars/");
}

}  // namespace

const BundleFiles& standard_library() {
  static const BundleFiles kFiles = embedded(false);
  return kFiles;
}

const BundleFiles& shipped_bundle() {
  static const BundleFiles kFiles = embedded(true);
  return kFiles;
}

BundleFiles complete_bundle(BundleFiles files) {
  const BundleFiles own = files;
  for (const auto& [path, content] : own) {
    // Tests are no part of a bundle's identity, so they must not add to it.
    if (path.ends_with(".lua") && !path.starts_with("tests/")) add_modules(files, content);
  }
  add_activities(files);
  if (!has_calendar(files)) files.emplace(kDefaultCalendar, standard_library().at(std::string(kDefaultCalendar)));
  return files;
}

}  // namespace baton
