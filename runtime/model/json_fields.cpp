#include "runtime/model/json_fields.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>
#include <cmath>

#include "runtime/base/limits.hpp"
#include "runtime/model/json_duplicates.hpp"
#include "runtime/model/own_document.hpp"

namespace baton {
namespace {

// A value as it may be quoted in a message: short.
std::string shown(const boost::json::value& value) {
  std::string text = boost::json::serialize(value);
  constexpr std::size_t kLongest = 60;
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  return text;
}

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

}  // namespace

Result<boost::json::value> parse_json_document(std::string_view text) {
  return parse_document(text, limits::kJsonDepth);
}

Result<boost::json::value> parse_own_document(std::string_view text) {
  return parse_document(text, limits::kJsonDepth + kOwnLevels);
}

JsonFields::JsonFields(const boost::json::object& object, std::string path, ErrorCode code)
    : object_(object), path_(std::move(path)), code_(code) {}

std::string JsonFields::path_of(std::string_view name) const {
  if (name.empty()) return path_.empty() ? "the document" : path_;
  return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

void JsonFields::refuse(Error error) {
  if (!error_) error_ = std::move(error);
}

void JsonFields::refuse(std::string_view name, std::string what, std::string cure) {
  refuse(Error{code_, path_of(name) + " " + std::move(what), std::move(cure)});
}

const boost::json::value* JsonFields::value(std::string_view name) {
  asked_.push_back(name);
  if (error_) return nullptr;
  const boost::json::value* found = object_.if_contains(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

std::optional<std::string> JsonFields::text(std::string_view name) {
  const boost::json::value* found = value(name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_string()) {
    refuse(name, "is " + shown(*found) + ", not text", "write it in quotes");
    return std::nullopt;
  }
  return std::string(found->get_string());
}

std::optional<bool> JsonFields::boolean(std::string_view name) {
  const boost::json::value* found = value(name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_bool()) {
    refuse(name, "is " + shown(*found) + ", not a boolean", "write true or false");
    return std::nullopt;
  }
  return found->get_bool();
}

std::optional<double> JsonFields::number(std::string_view name, double least, double most) {
  const boost::json::value* found = value(name);
  if (found == nullptr) return std::nullopt;
  boost::json::error_code failed;
  const double number = found->is_number() ? found->to_number<double>(failed) : 0;
  if (!found->is_number() || failed || number < least || number > most) {
    refuse(name, "is " + shown(*found) + ", which is not a number in its range",
           "write a number from " + shown(least) + " to " + shown(most));
    return std::nullopt;
  }
  return number;
}

std::optional<std::int64_t> JsonFields::integer(std::string_view name, std::int64_t least, std::int64_t most) {
  const boost::json::value* found = value(name);
  if (found == nullptr) return std::nullopt;
  boost::json::error_code failed;
  const std::int64_t number = found->is_number() ? found->to_number<std::int64_t>(failed) : 0;
  if (!found->is_number() || failed || number < least || number > most) {
    refuse(name, "is " + shown(*found) + ", which is not a whole number in its range",
           "write a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
  }
  return number;
}

std::optional<Duration> JsonFields::duration(std::string_view name) {
  const boost::json::value* found = value(name);
  if (found == nullptr) return std::nullopt;
  if (found->is_string()) {
    const Result<Duration> duration = parse_duration(found->get_string());
    if (duration.ok()) return *duration;
  }
  refuse(name, "is " + shown(*found) + ", not a duration",
         "write a number and a unit in quotes: \"30s\", \"15m\", \"4h\"");
  return std::nullopt;
}

std::optional<std::vector<std::string>> JsonFields::texts(std::string_view name) {
  const boost::json::value* found = value(name);
  if (found == nullptr) return std::nullopt;
  std::vector<std::string> all;
  bool good = found->is_array();
  if (good) {
    for (const boost::json::value& item : found->get_array()) {
      good = good && item.is_string();
      if (good) all.emplace_back(item.get_string());
    }
  }
  if (!good) {
    refuse(name, "is " + shown(*found) + ", not a list of texts", "write it as [\"one\", \"two\"]");
    return std::nullopt;
  }
  return all;
}

Status JsonFields::finish() {
  for (const auto& field : object_) {
    if (std::find(asked_.begin(), asked_.end(), std::string_view(field.key())) != asked_.end()) continue;
    std::string known;
    for (const std::string_view name : asked_) known += (known.empty() ? "" : ", ") + std::string(name);
    refuse(field.key(), "is not a field that is known here", "known fields: " + known);
  }
  if (error_) return *error_;
  return success();
}

}  // namespace baton
