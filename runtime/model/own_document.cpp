#include "runtime/model/own_document.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/stream_parser.hpp>
#include <cmath>

#include "runtime/base/limits.hpp"
#include "runtime/model/json_duplicates.hpp"

namespace baton {
namespace {

// Boost.JSON reads 1e400 as infinity, which no JSON text can say again: it would be lost on the way to the script.
// `members` counts those of all objects.
bool holds_only_finite_numbers(const boost::json::value& value, std::size_t& members) {
  if (const double* number = value.if_double()) return std::isfinite(*number);
  if (const boost::json::array* array = value.if_array()) {
    return std::all_of(array->begin(), array->end(),
                       [&members](const auto& each) { return holds_only_finite_numbers(each, members); });
  }
  if (const boost::json::object* object = value.if_object()) {
    members += object->size();
    return std::all_of(object->begin(), object->end(),
                       [&members](const auto& member) { return holds_only_finite_numbers(member.value(), members); });
  }
  return true;
}

}  // namespace

Result<boost::json::value> parse_document(std::string_view text, std::size_t depth) {
  boost::json::parse_options options;
  options.max_depth = depth;
  boost::json::stream_parser parser({}, options);
  boost::json::error_code failed;
  const std::size_t consumed = parser.write_some(text.data(), text.size(), failed);
  if (!failed) parser.finish(failed);
  if (!failed && consumed < text.size()) failed = boost::json::error::extra_data;
  if (failed) {
    return Error{ErrorCode::bad_json, "at byte " + std::to_string(consumed) + ": " + failed.message(),
                 "send one JSON document (RFC 8259) in UTF-8"};
  }
  boost::json::value document = parser.release();
  std::size_t members = 0;
  if (!holds_only_finite_numbers(document, members)) {
    return Error{ErrorCode::bad_json, "it holds a number that is too large for a double (IEEE 754)",
                 "send the number as text, or one below 1.8e308"};
  }
  // Boost.JSON keeps the last of two values of one name.
  if (members != count_written_members(text)) {
    return Error{ErrorCode::bad_json, "the member '" + find_duplicate_member(text).value_or("?") + "' is there twice",
                 "send each name once in an object: which of its values counts nobody could say"};
  }
  return document;
}

Result<boost::json::value> parse_own_document(std::string_view text) {
  return parse_document(text, limits::kJsonDepth + kOwnLevels);
}

}  // namespace baton
