#include "runtime/model/forms/text_format.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace baton::forms {
namespace {

bool digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

int number(std::string_view text) {
  int value = 0;
  for (const char c : text) value = value * 10 + (c - '0');
  return value;
}

// RFC 3339 full-date, with the lengths of months.
bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  if (!digits(text.substr(0, 4)) || !digits(text.substr(5, 2)) || !digits(text.substr(8, 2))) return false;
  const int year = number(text.substr(0, 4));
  const int month = number(text.substr(5, 2));
  const int day = number(text.substr(8, 2));
  constexpr std::array kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

// RFC 3339 full-time. A leap second is one only at the end of a day in UTC.
bool is_time(std::string_view text) {
  if (text.size() < 9 || text[2] != ':' || text[5] != ':') return false;
  if (!digits(text.substr(0, 2)) || !digits(text.substr(3, 2)) || !digits(text.substr(6, 2))) return false;
  const int hour = number(text.substr(0, 2));
  const int minute = number(text.substr(3, 2));
  const int second = number(text.substr(6, 2));
  if (hour > 23 || minute > 59 || second > 60) return false;
  std::string_view zone = text.substr(8);
  if (zone.front() == '.') {
    std::size_t end = 1;
    while (end < zone.size() && zone[end] >= '0' && zone[end] <= '9') ++end;
    if (end == 1) return false;
    zone.remove_prefix(end);
  }
  int offset = 0;
  if (zone.size() == 6 && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':' && digits(zone.substr(1, 2)) &&
      digits(zone.substr(4, 2))) {
    const int hours = number(zone.substr(1, 2));
    const int minutes = number(zone.substr(4, 2));
    if (hours > 23 || minutes > 59) return false;
    offset = (hours * 60 + minutes) * (zone[0] == '-' ? -1 : 1);
  } else if (zone != "Z" && zone != "z") {
    return false;
  }
  constexpr int kDay = 24 * 60;
  return second < 60 || (hour * 60 + minute - offset + kDay) % kDay == kDay - 1;
}

bool is_date_time(std::string_view text) {
  return text.size() > 11 && (text[10] == 'T' || text[10] == 't') && is_date(text.substr(0, 10)) &&
         is_time(text.substr(11));
}

// What a mail program would take: one @, something before it, a name of a host behind it.
bool is_email(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 >= text.size() || at > 64) return false;
  const std::string_view local = text.substr(0, at);
  const std::string_view host = text.substr(at + 1);
  const auto plain = [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("()<>@,;:\\\"[]").find(c) == std::string_view::npos;
  };
  if (!std::all_of(local.begin(), local.end(), plain) || !std::all_of(host.begin(), host.end(), plain)) return false;
  const auto dots = [](std::string_view part) {
    return part.front() == '.' || part.back() == '.' || part.find("..") != std::string_view::npos;
  };
  return !dots(local) && !dots(host);
}

bool is_uri(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || std::isalpha(static_cast<unsigned char>(text[0])) == 0)
    return false;
  const auto scheme = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
  };
  const auto rest = [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
  };
  const std::string_view before = text.substr(0, colon);
  return std::all_of(before.begin(), before.end(), scheme) && std::all_of(text.begin(), text.end(), rest);
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) return false;
  }
  return true;
}

struct Format {
  std::string_view name;
  bool (*test)(std::string_view);
};
constexpr std::array kFormats = {
    Format{"date", &is_date},   Format{"time", &is_time}, Format{"date-time", &is_date_time},
    Format{"email", &is_email}, Format{"uri", &is_uri},   Format{"uuid", &is_uuid}};

const Format* find(std::string_view name) {
  for (const Format& format : kFormats) {
    if (format.name == name) return &format;
  }
  return nullptr;
}

}  // namespace

bool has_format(std::string_view text, std::string_view format) {
  const Format* const known = find(format);
  return known == nullptr || known->test(text);
}

bool is_known_format(std::string_view format) { return find(format) != nullptr; }

}  // namespace baton::forms
