#include "runtime/model/forms/schema_uri.hpp"

#include <cctype>
#include <vector>

namespace baton::forms {
namespace {

// The length of "scheme:"; 0 where there is none.
std::size_t scheme_length(std::string_view uri) {
  const std::size_t colon = uri.find(':');
  if (colon == std::string_view::npos || colon == 0 || std::isalpha(static_cast<unsigned char>(uri[0])) == 0) return 0;
  return uri.substr(0, colon).find('/') == std::string_view::npos ? colon + 1 : 0;
}

// Where the path begins: after "scheme:" and "//authority".
std::size_t path_begin(std::string_view uri) {
  std::size_t at = scheme_length(uri);
  if (uri.substr(at).starts_with("//")) at = std::min(uri.find('/', at + 2), uri.size());
  return at;
}

std::string without_dots(std::string_view path) {
  std::vector<std::string_view> parts;
  const bool rooted = path.starts_with('/');
  for (std::size_t from = 0; from <= path.size();) {
    const std::size_t end = std::min(path.find('/', from), path.size());
    const std::string_view part = path.substr(from, end - from);
    const bool last = end == path.size();
    if (part == ".." && !parts.empty()) parts.pop_back();
    if (part != "." && part != ".." && !(part.empty() && !last)) parts.push_back(part);
    if (last) break;
    from = end + 1;
  }
  std::string out;
  for (const std::string_view part : parts) out += (out.empty() && !rooted ? "" : "/") + std::string(part);
  return out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string without_fragment(const std::string& uri) { return uri.substr(0, uri.find('#')); }

std::string fragment_of(const std::string& uri) {
  const std::size_t hash = uri.find('#');
  std::string out;
  for (std::size_t i = hash == std::string::npos ? uri.size() : hash + 1; i < uri.size(); ++i) {
    const bool escaped =
        uri[i] == '%' && i + 2 < uri.size() && hex_digit(uri[i + 1]) >= 0 && hex_digit(uri[i + 2]) >= 0;
    if (escaped) {
      out.push_back(static_cast<char>(hex_digit(uri[i + 1]) * 16 + hex_digit(uri[i + 2])));
      i += 2;
    } else {
      out.push_back(uri[i]);
    }
  }
  return out;
}

std::string resolve_uri(const std::string& base, const std::string& reference) {
  if (reference.empty() || reference.front() == '#') return without_fragment(base) + reference;
  if (scheme_length(reference) > 0) return reference;
  const std::string from = without_fragment(base);
  if (reference.starts_with("//")) return from.substr(0, scheme_length(from)) + reference;
  const std::size_t path = path_begin(from);
  if (reference.front() == '/') return from.substr(0, path) + reference;
  const std::size_t slash = from.rfind('/');
  const bool deep = slash != std::string::npos && slash >= path;
  const std::string folder = deep ? from.substr(path, slash - path + 1) : (path < from.size() || path == 0 ? "" : "/");
  const std::size_t hash = std::min(reference.find('#'), reference.size());
  return from.substr(0, path) + without_dots(folder + reference.substr(0, hash)) + reference.substr(hash);
}

std::string read_pointer_part(std::string_view part) {
  std::string out;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] == '~' && i + 1 < part.size()) {
      out.push_back(part[++i] == '1' ? '/' : '~');
    } else {
      out.push_back(part[i]);
    }
  }
  return out;
}

}  // namespace baton::forms
