#include "runtime/engine/request_options.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace baton {
namespace {

namespace json = boost::json;

// Requests were written by ctx from Lua tables; one that is no object has no options.
json::object parse_object(const JsonText& text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  return !error && value.is_object() ? std::move(value.get_object()) : json::object();
}

std::string text_at(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool flag_at(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

const json::object* object_at(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  return value != nullptr ? value->if_object() : nullptr;
}

// A string, or a list of strings.
std::vector<std::string> texts_at(const json::object& object, std::string_view name) {
  std::vector<std::string> texts;
  const json::value* const value = object.if_contains(name);
  if (value == nullptr) return texts;
  if (value->is_string()) texts.emplace_back(value->get_string());
  if (const json::array* const array = value->if_array()) {
    for (const json::value& each : *array) {
      if (each.is_string()) texts.emplace_back(each.get_string());
    }
  }
  return texts;
}

json::object options_of(const Operation& operation) {
  json::object request = parse_object(operation.request);
  json::value* const options = request.if_contains("options");
  return options != nullptr && options->is_object() ? std::move(options->get_object()) : json::object();
}

void append_texts(std::vector<std::string>& into, std::vector<std::string> more) {
  into.insert(into.end(), more.begin(), more.end());
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

JsonText input_of(const Operation& operation) {
  const json::object request = parse_object(operation.request);
  const json::value* const input = request.if_contains("input");
  return input == nullptr || input->is_null() ? JsonText() : json::serialize(*input);
}

JsonText with_input(const JsonText& request, const JsonText& input) {
  json::object changed = parse_object(request);
  boost::system::error_code error;
  json::value value = json::parse(input, error);
  changed["input"] = error ? json::value(nullptr) : std::move(value);
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

TaskRecord task_of(const Operation& operation, std::string instance, std::string workflow, std::string patient,
                   Instant now) {
  TaskRecord task;
  task.instance = std::move(instance);
  task.seq = operation.seq;
  task.name = operation.name;
  task.workflow = std::move(workflow);
  task.patient = std::move(patient);
  task.created_at = now;
  task.request = operation.request;
  const json::object request = parse_object(operation.request);
  if (const json::value* const due = request.if_contains("due"); due != nullptr && due->is_int64()) {
    task.due = Instant{due->get_int64()};
  }
  if (!task.due) task.due = operation.due;
  if (const json::object* const candidates = object_at(request, "candidates")) {
    append_texts(task.roles, texts_at(*candidates, "role"));
    append_texts(task.roles, texts_at(*candidates, "roles"));
    append_texts(task.subjects, texts_at(*candidates, "person"));
    append_texts(task.subjects, texts_at(*candidates, "persons"));
  }
  return task;
}

std::vector<Escalation> escalations_of(const TaskRecord& task) {
  std::vector<Escalation> steps;
  const json::object request = parse_object(task.request);
  const json::value* const escalate = request.if_contains("escalate");
  if (escalate == nullptr || !escalate->is_array()) return steps;
  for (const json::value& each : escalate->get_array()) {
    const json::object* const step = each.if_object();
    if (step == nullptr) continue;
    std::string when = text_at(*step, "at");
    const Instant due = task.due.value_or(task.created_at);
    Instant at = due;
    if (!when.empty() && when != "due") {
      const bool before = when.front() == '-';
      if (before || when.front() == '+') when.erase(0, 1);
      const auto length = parse_duration(when);
      if (!length.ok()) continue;
      at = before ? due - *length : due + *length;
    }
    steps.push_back({at, text_at(*step, "to")});
  }
  std::stable_sort(steps.begin(), steps.end(), [](const Escalation& a, const Escalation& b) { return a.at < b.at; });
  return steps;
}

ApprovalRule approvals_of(const TaskRecord& task) {
  ApprovalRule rule;
  const json::object request = parse_object(task.request);
  const json::object* const approvals = object_at(request, "approvals");
  if (approvals == nullptr) return rule;
  if (const json::value* const need = approvals->if_contains("need"); need != nullptr && need->is_int64()) {
    rule.need = static_cast<std::uint32_t>(std::max<std::int64_t>(1, need->get_int64()));
  }
  rule.exclude = texts_at(*approvals, "exclude");
  return rule;
}

std::vector<std::string> outcomes_of(const TaskRecord& task) {
  std::vector<std::string> outcomes = texts_at(parse_object(task.request), "outcomes");
  if (outcomes.empty()) outcomes.emplace_back("done");
  return outcomes;
}

bool reason_required_for(const TaskRecord& task, const std::string& outcome) {
  const json::object request = parse_object(task.request);
  if (flag_at(request, "reason_required")) return true;
  const std::vector<std::string> outcomes = texts_at(request, "reason_required");
  return std::find(outcomes.begin(), outcomes.end(), outcome) != outcomes.end();
}

}  // namespace baton
