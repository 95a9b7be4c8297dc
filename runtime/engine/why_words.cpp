#include "runtime/engine/why_words.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace baton::words {

std::string length(Duration duration) {
  constexpr std::array<std::pair<Duration, const char*>, 3> kUnits = {
      {{kDay, "day"}, {kHour, "hour"}, {kMinute, "minute"}}};
  for (const auto& [unit, name] : kUnits) {
    if (duration < unit) continue;
    return count(static_cast<std::uint64_t>(duration.ms / unit.ms), name);
  }
  return "less than a minute";
}

std::string when(Instant at, Instant now) { return at > now ? "in " + length(at - now) : length(now - at) + " ago"; }

std::string time(Instant at) {
  std::string text = format_instant(at).substr(0, 16);
  text[10] = ' ';
  return text + " UTC";
}

std::string plain(std::string_view name) {
  std::string text(name);
  std::ranges::replace(text, '_', ' ');
  return text;
}

std::string list(const std::vector<std::string>& items, std::string_view last) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += i + 1 == items.size() ? " " + std::string(last) + " " : ", ";
    text += items[i];
  }
  return text;
}

std::string who(const Principal& by) {
  switch (by.kind) {
    case PrincipalKind::system: return by.subject.empty() || by.subject == "baton" ? "Baton" : by.subject;
    case PrincipalKind::script: return "the workflow " + by.subject;
    default: return by.role.empty() ? by.subject : by.subject + " (" + plain(by.role) + ")";
  }
}

std::string count(std::uint64_t number, std::string_view noun) {
  return std::to_string(number) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

}  // namespace baton::words
