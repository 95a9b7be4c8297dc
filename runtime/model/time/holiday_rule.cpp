#include "runtime/model/time/holiday_rule.hpp"

#include <array>
#include <charconv>
#include <string>
#include <vector>

namespace baton {
namespace {

using std::chrono::days;
using std::chrono::month;
using std::chrono::weekday;
using std::chrono::year;

constexpr std::array<std::string_view, 7> kWeekdays = {"sunday",   "monday", "tuesday", "wednesday",
                                                       "thursday", "friday", "saturday"};
constexpr std::array<std::string_view, 12> kMonths = {"january",   "february", "march",    "april",
                                                      "may",       "june",     "july",     "august",
                                                      "september", "october",  "november", "december"};
constexpr std::array<std::string_view, 6> kOrdinals = {"last", "first", "second", "third", "fourth", "fifth"};
constexpr int kMostDaysFromEaster = 300;

// The anonymous Gregorian computus (Nature, 20 April 1876; Meeus, Astronomical Algorithms, chapter 8).
LocalDay easter_sunday(int y) {
  const int a = y % 19, b = y / 100, c = y % 100, d = b / 4, e = b % 4, g = (8 * b + 13) / 25;
  const int h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4;
  const int l = (32 + 2 * e + 2 * i - h - k) % 7, m = (a + 11 * h + 22 * l) / 451;
  const int n = h + l - 7 * m + 114;
  return LocalDay(year(y) / month(static_cast<unsigned>(n / 31)) / std::chrono::day(static_cast<unsigned>(n % 31 + 1)));
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (c == ' ') {
      if (!words.back().empty()) words.emplace_back();
    } else {
      words.back().push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

std::optional<int> whole_number(std::string_view text) {
  int value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace

std::optional<weekday> parse_weekday(std::string_view text) {
  for (std::size_t i = 0; i < kWeekdays.size(); ++i) {
    if (text == kWeekdays[i] || text == kWeekdays[i].substr(0, 3)) return weekday(static_cast<unsigned>(i));
  }
  return std::nullopt;
}

std::optional<month> parse_month(std::string_view text) {
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (text == kMonths[i]) return month(static_cast<unsigned>(i + 1));
  }
  return std::nullopt;
}

std::optional<LocalDay> HolidayRule::in_year(int y) const {
  std::optional<LocalDay> day;
  if (std::holds_alternative<Easter>(base_)) {
    day = easter_sunday(y);
  } else if (const auto* fixed = std::get_if<Fixed>(&base_)) {
    const auto date = year(y) / fixed->date;
    if (date.ok()) day = LocalDay(date);
  } else if (const auto* nth = std::get_if<Nth>(&base_)) {
    if (nth->nth == 0) {
      day = LocalDay(year(y) / nth->month / nth->weekday[std::chrono::last]);
    } else {
      const auto date = year(y) / nth->month / nth->weekday[nth->nth];
      if (date.ok()) day = LocalDay(date);
    }
  } else if (const auto* near = std::get_if<Near>(&base_)) {
    const auto date = year(y) / near->date;
    if (date.ok()) {
      const LocalDay anchor(date);
      // Differences of weekdays are from 0 to 6 days.
      days apart = near->before ? weekday(anchor) - near->weekday : near->weekday - weekday(anchor);
      if (apart == days(0) && !near->may_be_the_date) apart = days(7);
      day = near->before ? anchor - apart : anchor + apart;
    }
  }
  if (day) *day += shift_;
  return day;
}

class HolidayRuleParser {
 public:
  explicit HolidayRuleParser(std::string_view text) : words_(words_of(text)) {}

  std::optional<HolidayRule> parse() {
    HolidayRule rule;
    while (take("day")) {
      if (take("before")) {
        rule.shift_ -= days(1);
      } else if (take("after")) {
        rule.shift_ += days(1);
      } else {
        return std::nullopt;
      }
    }
    const bool good = easter(rule) || nth(rule) || near(rule) || fixed(rule);
    return good && at_ == words_.size() ? std::optional(rule) : std::nullopt;
  }

 private:
  [[nodiscard]] std::string_view peek() const { return at_ < words_.size() ? words_[at_] : std::string_view(); }
  bool take(std::string_view word) {
    if (peek() != word) return false;
    ++at_;
    return true;
  }

  // Each reads its form and yields false when the words do not fit; the first word decides which form it can be.
  bool easter(HolidayRule& rule) {
    if (!take("easter")) return false;
    rule.base_ = HolidayRule::Easter{};
    if (peek().empty()) return true;
    std::string_view word = peek();
    const char sign = word.front();
    if (sign != '+' && sign != '-') return false;
    ++at_;
    word.remove_prefix(1);
    if (word.empty()) word = peek(), ++at_;
    const auto count = whole_number(word);
    if (!count || *count > kMostDaysFromEaster) return false;
    rule.shift_ += days(sign == '-' ? -*count : *count);
    return true;
  }

  bool nth(HolidayRule& rule) {
    for (unsigned i = 0; i < kOrdinals.size(); ++i) {
      if (!take(kOrdinals[i])) continue;
      const auto weekday_named = parse_weekday(peek());
      ++at_;
      if (!weekday_named || !take("of")) return false;
      const auto month_named = parse_month(peek());
      ++at_;
      if (!month_named) return false;
      rule.base_ = HolidayRule::Nth{*month_named, *weekday_named, i};
      return true;
    }
    return false;
  }

  bool near(HolidayRule& rule) {
    const auto weekday_named = parse_weekday(peek());
    if (!weekday_named) return false;
    ++at_;
    const bool inclusive = take("on");
    if (inclusive && !take("or")) return false;
    const bool before = take("before");
    if (!before && !take("after")) return false;
    const auto date = month_and_day();
    if (!date) return false;
    rule.base_ = HolidayRule::Near{*weekday_named, *date, before, inclusive};
    return true;
  }

  bool fixed(HolidayRule& rule) {
    const auto date = month_and_day();
    if (!date) return false;
    rule.base_ = HolidayRule::Fixed{*date};
    return true;
  }

  std::optional<std::chrono::month_day> month_and_day() {
    const auto month_named = parse_month(peek());
    if (!month_named) return std::nullopt;
    ++at_;
    const auto number = whole_number(peek());
    ++at_;
    if (!number || *number > 31) return std::nullopt;
    const std::chrono::month_day date(*month_named, std::chrono::day(static_cast<unsigned>(*number)));
    return date.ok() ? std::optional(date) : std::nullopt;
  }

  std::vector<std::string> words_;
  std::size_t at_ = 0;
};

std::optional<HolidayRule> parse_holiday_rule(std::string_view text) { return HolidayRuleParser(text).parse(); }

}  // namespace baton
