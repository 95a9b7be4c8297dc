// Log lines: subject, verb, object, with ids and without personal data ("instance discharge-1 failed its turn"). Placeholders are those
// of {fmt}, checked when this is compiled. Where the lines go says gateway/cli.cpp. Thread-safe.
#pragma once

#include <fmt/core.h>

#include <string_view>

namespace baton::log {

enum class Level { debug, info, warn, error };

// As scripts name them; info for any other name.
[[nodiscard]] Level level_named(std::string_view name);

// Nothing is formatted of a level that nobody wants.
void write(Level level, fmt::string_view text, fmt::format_args arguments);

template <typename... Arguments>
void info(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  write(Level::info, text, fmt::make_format_args(arguments...));
}
template <typename... Arguments>
void warn(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  write(Level::warn, text, fmt::make_format_args(arguments...));
}
template <typename... Arguments>
void error(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  write(Level::error, text, fmt::make_format_args(arguments...));
}

}  // namespace baton::log
