#include "actors/log.hpp"

#include <spdlog/spdlog.h>

namespace baton::log {
namespace {

spdlog::level::level_enum level_of(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warn: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

Level level_named(std::string_view name) {
  if (name == "debug") return Level::debug;
  if (name == "warn") return Level::warn;
  return name == "error" ? Level::error : Level::info;
}

void write(Level level, fmt::string_view text, fmt::format_args arguments) {
  if (spdlog::should_log(level_of(level))) spdlog::log(level_of(level), fmt::vformat(text, arguments));
}

}  // namespace baton::log
