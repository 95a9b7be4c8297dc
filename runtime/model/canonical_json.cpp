#include "runtime/model/canonical_json.hpp"

#include <algorithm>
#include <boost/json/value.hpp>
#include <cmath>
#include <vector>

#include "runtime/base/json_text.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/own_document.hpp"

namespace baton {
namespace {

// UTF-8 bytes sort as code points do. UTF-16 differs in one thing: what needs surrogates (four bytes, first 0xf0 or
// above) sorts before U+E000..U+FFFF (three bytes, first 0xee or 0xef).
bool before_in_utf16(std::string_view a, std::string_view b) {
  const auto [at_a, at_b] = std::ranges::mismatch(a, b);
  if (at_a == a.end() || at_b == b.end()) return at_a == a.end() && at_b != b.end();
  const auto x = static_cast<unsigned char>(*at_a);
  const auto y = static_cast<unsigned char>(*at_b);
  if (x >= 0xf0 && (y == 0xee || y == 0xef)) return true;
  if (y >= 0xf0 && (x == 0xee || x == 0xef)) return false;
  return x < y;
}

// Each gives false when a number is too large for a double, which RFC 8785 has no form for.
bool append(std::string& out, const boost::json::value& value);

bool append_object(std::string& out, const boost::json::object& object) {
  std::vector<const boost::json::key_value_pair*> pairs;
  pairs.reserve(object.size());
  for (const auto& pair : object) pairs.push_back(&pair);
  std::ranges::sort(pairs, before_in_utf16, [](const auto* pair) { return std::string_view(pair->key()); });
  out.push_back('{');
  for (const auto* pair : pairs) {
    if (pair != pairs.front()) out.push_back(',');
    append_json_string(out, std::string_view(pair->key()));
    out.push_back(':');
    if (!append(out, pair->value())) return false;
  }
  out.push_back('}');
  return true;
}

bool append_array(std::string& out, const boost::json::array& array) {
  out.push_back('[');
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (i > 0) out.push_back(',');
    if (!append(out, array[i])) return false;
  }
  out.push_back(']');
  return true;
}

bool append_double(std::string& out, double value) {
  if (!std::isfinite(value)) return false;
  append_json_number(out, value);
  return true;
}

bool append(std::string& out, const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::null: out += "null"; break;
    case boost::json::kind::bool_: out += value.get_bool() ? "true" : "false"; break;
    case boost::json::kind::int64: append_json_number(out, static_cast<double>(value.get_int64())); break;
    case boost::json::kind::uint64: append_json_number(out, static_cast<double>(value.get_uint64())); break;
    case boost::json::kind::double_: return append_double(out, value.get_double());
    case boost::json::kind::string: append_json_string(out, std::string_view(value.get_string())); break;
    case boost::json::kind::array: return append_array(out, value.get_array());
    case boost::json::kind::object: return append_object(out, value.get_object());
  }
  return true;
}

}  // namespace

bool append_canonical_json(std::string& out, std::string_view json) {
  const auto value = parse_own_document(json);
  if (!value.ok()) return false;
  const std::size_t before = out.size();
  if (append(out, *value)) return true;
  out.resize(before);
  return false;
}

}  // namespace baton
