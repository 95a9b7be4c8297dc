#include "runtime/engine/request_options.hpp"
#include <boost/json.hpp>

#include "runtime/model/json_members.hpp"
#include "runtime/model/own_document.hpp"

namespace baton {
namespace {

namespace json = boost::json;

json::object options_of(const Operation& operation) {
  json::object request = parse_object(operation.request);
  json::value* const options = request.if_contains("options");
  return options != nullptr && options->is_object() ? std::move(options->get_object()) : json::object();
}

}  // namespace

RetryPolicy retry_policy_of(const Operation& operation) {
  if (operation.request.find("\"retry\"") == std::string::npos) return {};
  const json::object options = options_of(operation);
  const json::value* const retry = options.if_contains("retry");
  if (retry == nullptr) return {};
  const auto policy = parse_retry_policy(json::serialize(*retry));
  return policy.ok() ? *policy : RetryPolicy{};
}

bool raises_when_exhausted(const Operation& operation) {
  return text_at(options_of(operation), "on_exhausted") == "raise";
}

std::optional<Duration> total_timeout_of(const Operation& operation) {
  const auto length = parse_duration(text_at(options_of(operation), "total_timeout"));
  return length.ok() ? std::optional(*length) : std::nullopt;
}

JsonText renewed_due(Instant due) {
  JsonWriter writer;
  writer.begin_object().field("due", format_instant(due)).end_object();
  return std::move(writer).take();
}

std::optional<Instant> due_of_retry(const JsonText& value) {
  if (value.empty()) return std::nullopt;
  const auto due = parse_instant(text_at(parse_object(value), "due"));
  return due.ok() ? std::optional(*due) : std::nullopt;
}

JsonText input_of(const Operation& operation) {
  const json::object request = parse_object(operation.request);
  const json::value* const input = request.if_contains("input");
  return input == nullptr || input->is_null() ? JsonText() : json::serialize(*input);
}

JsonText with_input(const JsonText& request, const JsonText& input) {
  json::object changed = parse_object(request);
  auto value = parse_own_document(input);
  changed["input"] = value.ok() ? std::move(*value) : json::value(nullptr);
  return json::serialize(changed);
}

ChildRequest child_request_of(const Operation& operation) {
  const json::object request = parse_object(operation.request);
  ChildRequest child;
  if (const json::value* const input = request.if_contains("input"); input != nullptr && !input->is_null()) {
    child.input = json::serialize(*input);
  }
  if (const json::object* const options = object_at(request, "options")) {
    child.id = text_at(*options, "id");
    child.key = text_at(*options, "key");
    child.patient = text_at(*options, "patient");
    child.abandon = text_at(*options, "close") == "abandon";
    child.detach = flag_at(*options, "detach");
  }
  return child;
}

std::string child_id_of(const Operation& operation, const std::string& parent) {
  const std::string id = child_request_of(operation).id;
  return id.empty() ? parent + "." + std::to_string(operation.seq) : id;
}

}  // namespace baton
