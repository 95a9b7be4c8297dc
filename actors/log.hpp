// Log lines: subject, verb, object, with ids and without personal data ("instance discharge-1 failed its turn").
// Thread-safe.
#pragma once

#include <spdlog/spdlog.h>

namespace baton::log {

template <typename... Arguments>
void info(spdlog::format_string_t<Arguments...> text, Arguments&&... arguments) {
  spdlog::info(text, std::forward<Arguments>(arguments)...);
}
template <typename... Arguments>
void warn(spdlog::format_string_t<Arguments...> text, Arguments&&... arguments) {
  spdlog::warn(text, std::forward<Arguments>(arguments)...);
}
template <typename... Arguments>
void error(spdlog::format_string_t<Arguments...> text, Arguments&&... arguments) {
  spdlog::error(text, std::forward<Arguments>(arguments)...);
}

}  // namespace baton::log
