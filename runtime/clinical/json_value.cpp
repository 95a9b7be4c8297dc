#include "runtime/clinical/json_value.hpp"

#include <cmath>

#include "runtime/base/json_text.hpp"

namespace baton {
namespace {

bool append_array(std::string& out, const boost::json::array& array) {
  char before = '[';
  for (const boost::json::value& item : array) {
    out.push_back(before);
    before = ',';
    if (!append_json_value(out, item)) return false;
  }
  out.append(array.empty() ? "[]" : "]");
  return true;
}

bool append_object(std::string& out, const boost::json::object& object) {
  char before = '{';
  for (const auto& member : object) {
    out.push_back(before);
    before = ',';
    append_json_string(out, member.key());
    out.push_back(':');
    if (!append_json_value(out, member.value())) return false;
  }
  out.append(object.empty() ? "{}" : "}");
  return true;
}

}  // namespace

bool append_json_value(std::string& out, const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::null: out.append("null"); return true;
    case boost::json::kind::bool_: out.append(value.get_bool() ? "true" : "false"); return true;
    case boost::json::kind::int64: out.append(std::to_string(value.get_int64())); return true;
    case boost::json::kind::uint64: out.append(std::to_string(value.get_uint64())); return true;
    case boost::json::kind::string: append_json_string(out, std::string_view(value.get_string())); return true;
    case boost::json::kind::array: return append_array(out, value.get_array());
    case boost::json::kind::object: return append_object(out, value.get_object());
    case boost::json::kind::double_: break;
  }
  if (!std::isfinite(value.get_double())) return false;
  append_json_number(out, value.get_double());
  return true;
}

}  // namespace baton
