#include "runtime/model/json_fields.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "runtime/base/cut_text.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/model/own_document.hpp"

namespace baton {
namespace {

// A value as it may be quoted in a message: short.
std::string shown(const boost::json::value& value) {
  std::string text = boost::json::serialize(value);
  constexpr std::size_t kLongest = 60;
  if (text.size() > kLongest) text = std::string(cut_text(text, kLongest)) + "...";
  return text;
}

}  // namespace

Result<boost::json::value> parse_json_document(std::string_view text) {
  return parse_document(text, limits::kJsonDepth);
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
    for (auto name = asked_.begin(); name != asked_.end(); ++name) {
      if (std::find(asked_.begin(), name, *name) != name) continue;  // Asked for twice.
      known += (known.empty() ? "" : ", ") + std::string(*name);
    }
    refuse(field.key(), "is not a field that is known here", "known fields: " + known);
  }
  if (error_) return *error_;
  return success();
}

}  // namespace baton
