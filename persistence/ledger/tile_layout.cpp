#include "persistence/ledger/tile_layout.hpp"

#include <charconv>

namespace baton {
namespace {

std::string three_digits(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(3 - digits.size(), '0') + digits;
}

// 1234067 is x001/x234/067.
std::string format_index(std::uint64_t index) {
  std::string text = three_digits(index % 1000);
  for (index /= 1000; index != 0; index /= 1000) text = "x" + three_digits(index % 1000) + "/" + text;
  return text;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Reads loosely: parse_tile_path compares with the one right spelling.
std::optional<std::uint64_t> parse_index(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != 'x' && c != '/') digits.push_back(c);
  }
  return parse_number(digits);
}

}  // namespace

std::string format_tile_path(const TilePath& path) {
  std::string text =
      "tile/" + (path.level ? std::to_string(*path.level) : std::string("entries")) + "/" + format_index(path.index);
  if (path.width < ledger_rows::kTileWidth) text += ".p/" + std::to_string(path.width);
  return text;
}

std::optional<TilePath> parse_tile_path(std::string_view text) {
  const std::string_view whole = text;
  constexpr std::string_view kPrefix = "tile/";
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;

  TilePath path;
  if (text.substr(0, slash) != "entries") {
    const auto level = parse_number(text.substr(0, slash));
    if (!level || *level >= ledger_rows::kTileLevels) return std::nullopt;
    path.level = static_cast<unsigned>(*level);
  }
  text.remove_prefix(slash + 1);
  if (const std::size_t partial = text.find(".p/"); partial != std::string_view::npos) {
    const auto width = parse_number(text.substr(partial + 3));
    if (!width || *width == 0 || *width >= ledger_rows::kTileWidth) return std::nullopt;
    path.width = *width;
    text = text.substr(0, partial);
  }
  const auto index = parse_index(text);
  if (!index) return std::nullopt;
  path.index = *index;
  if (format_tile_path(path) != whole) return std::nullopt;
  return path;
}

bool is_within_tree(const TilePath& path, std::uint64_t size) {
  return path.width <= ledger_rows::tile_width(path.level.value_or(0), path.index, size);
}

}  // namespace baton
