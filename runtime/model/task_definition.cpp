#include "runtime/model/task_definition.hpp"
#include "runtime/model/json_members.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

namespace baton {
namespace {

namespace json = boost::json;

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

void append_texts(std::vector<std::string>& into, std::vector<std::string> more) {
  for (std::string& each : more) {
    if (std::find(into.begin(), into.end(), each) == into.end()) into.push_back(std::move(each));
  }
}

// {"code","code"}, {{code=..,title=..}}, or { code = "title" }.
std::vector<ReasonCode> reason_codes_in(const json::object& outcome) {
  std::vector<ReasonCode> codes;
  const json::value* const value = outcome.if_contains("reason_codes");
  if (value == nullptr) return codes;
  if (const json::array* const array = value->if_array()) {
    for (const json::value& each : *array) {
      if (each.is_string()) codes.push_back({std::string(each.get_string()), ""});
      if (const json::object* const object = each.if_object())
        codes.push_back({text_at(*object, "code"), text_at(*object, "title")});
    }
  } else if (const json::object* const object = value->if_object()) {
    for (const auto& [code, title] : *object) {
      codes.push_back({std::string(code), title.is_string() ? std::string(title.get_string()) : std::string()});
    }
  }
  return codes;
}

OutcomeRule outcome_in(std::string name, const json::value& said) {
  OutcomeRule rule{std::move(name), "", false, {}, ""};
  const json::object* const object = said.if_object();
  if (object == nullptr) return rule;
  rule.title = text_at(*object, "title");
  rule.reason_required = flag_at(*object, "reason_required");
  rule.reason_codes = reason_codes_in(*object);
  rule.form_part = text_at(*object, "form");
  if (const json::value* const form = object->if_contains("form");
      form != nullptr && form->is_bool() && !form->get_bool()) {
    rule.form_part = "none";
  }
  return rule;
}

// "due", "2h", "-30m", or a time in milliseconds, as ctx:business gives it.
std::optional<Instant> time_of_step(const TaskRecord& task, const json::object& step) {
  const Duration moved{static_cast<std::int64_t>(task.clock_moved_ms)};
  const json::value* const at = step.if_contains("at");
  if (at != nullptr && at->is_int64()) return Instant{at->get_int64()} + moved;
  std::string when = text_at(step, "at");
  const Instant due = task.due.value_or(task.created_at + moved);
  if (when.empty() || when == "due") return due;
  const bool before = when.front() == '-';
  if (before || when.front() == '+') when.erase(0, 1);
  const auto length = parse_duration(when);
  if (!length.ok()) return std::nullopt;
  return before ? due - *length : due + *length;
}

std::vector<TaskStep> steps_in(const TaskRecord& task, std::string_view field) {
  std::vector<TaskStep> steps;
  // Most tasks have none, and this is asked at every change of one.
  if (task.request.find("\"" + std::string(field) + "\"") == std::string::npos) return steps;
  const json::object request = parse_object(task.request);
  const json::value* const list = request.if_contains(field);
  if (list == nullptr || !list->is_array()) return steps;
  for (const json::value& each : list->get_array()) {
    json::object step;
    if (each.is_string() || each.is_int64()) step["at"] = each;
    if (each.is_object()) step = each.get_object();
    if (step.empty()) continue;
    const auto at = time_of_step(task, step);
    if (at) steps.push_back({*at, text_at(step, "to"), text_at(step, "person"), text_at(step, "text")});
  }
  std::stable_sort(steps.begin(), steps.end(), [](const TaskStep& a, const TaskStep& b) { return a.at < b.at; });
  return steps;
}

bool clock_stands(const TaskRecord& task) { return task.hold && task.hold->stops_clock; }

struct NextStep {
  Instant at;
  const char* kind;
  TaskStep step;
};

std::vector<NextStep> next_steps_of(const TaskRecord& task) {
  std::vector<NextStep> next;
  if (!task.open_for_decision()) return next;
  if (task.hold && task.hold->until) next.push_back({*task.hold->until, "hold_ends", {}});
  if (task.follow_up) next.push_back({*task.follow_up, "follow_up", {}});
  if (!clock_stands(task)) {
    const auto escalations = escalations_of(task);
    for (std::size_t i = task.escalations_done; i < escalations.size(); ++i) {
      next.push_back({escalations[i].at, "escalation", escalations[i]});
    }
    const auto reminders = reminders_of(task);
    for (std::size_t i = task.reminders_done; i < reminders.size(); ++i) {
      next.push_back({reminders[i].at, "reminder", reminders[i]});
    }
    if (task.due) next.push_back({*task.due, "due", {}});
  }
  std::stable_sort(next.begin(), next.end(), [](const NextStep& a, const NextStep& b) { return a.at < b.at; });
  return next;
}

}  // namespace

TaskRecord task_of(const Operation& operation, std::string instance, std::string workflow, std::string patient,
                   Instant now) {
  TaskRecord task;
  task.instance = std::move(instance);
  task.seq = operation.seq;
  task.name = operation.name;
  task.workflow = std::move(workflow);
  task.patient = std::move(patient);
  task.created_at = now;
  task.line = operation.line;
  task.request = operation.request;
  const json::object request = parse_object(operation.request);
  if (const json::value* const due = request.if_contains("due"); due != nullptr && due->is_int64()) {
    task.due = Instant{due->get_int64()};
  }
  if (!task.due) task.due = operation.due;
  if (const json::value* const at = request.if_contains("follow_up"); at != nullptr && at->is_int64()) {
    task.follow_up = Instant{at->get_int64()};
  }
  task.form = text_at(request, "form");
  task.priority = text_at(request, "priority");
  if (const json::object* const candidates = object_at(request, "candidates")) {
    append_texts(task.roles, texts_at(*candidates, "role"));
    append_texts(task.roles, texts_at(*candidates, "roles"));
    append_texts(task.subjects, texts_at(*candidates, "person"));
    append_texts(task.subjects, texts_at(*candidates, "persons"));
    append_texts(task.units, texts_at(*candidates, "unit"));
    append_texts(task.units, texts_at(*candidates, "units"));
  }
  return task;
}

bool is_for_anybody(const TaskRecord& task) {
  if (task.roles.empty() && task.subjects.empty()) return true;
  if (task.escalations_done == 0) return false;
  const json::object request = parse_object(task.request);
  const json::object* const candidates = object_at(request, "candidates");
  if (candidates == nullptr) return true;
  return std::ranges::none_of(std::array{"role", "roles", "person", "persons"},
                              [&](const char* name) { return !texts_at(*candidates, name).empty(); });
}

std::vector<OutcomeRule> outcomes_of(const TaskRecord& task) {
  const json::object request = parse_object(task.request);
  std::vector<OutcomeRule> rules;
  const json::value* const said = request.if_contains("outcomes");
  if (said != nullptr && said->is_string()) rules.push_back(outcome_in(std::string(said->get_string()), nullptr));
  if (const json::array* const list = said != nullptr ? said->if_array() : nullptr) {
    for (const json::value& each : *list) {
      if (each.is_string()) rules.push_back(outcome_in(std::string(each.get_string()), nullptr));
      if (const json::object* const object = each.if_object())
        rules.push_back(outcome_in(text_at(*object, "name"), each));
    }
  }
  if (const json::object* const table = said != nullptr ? said->if_object() : nullptr) {
    for (const auto& [name, each] : *table) rules.push_back(outcome_in(std::string(name), each));
  }
  if (rules.empty()) rules.push_back({"done", "", false, {}, ""});
  // The older way to say it: for the whole task.
  const bool always = flag_at(request, "reason_required");
  const std::vector<std::string> some = texts_at(request, "reason_required");
  for (OutcomeRule& rule : rules) {
    if (always || std::find(some.begin(), some.end(), rule.name) != some.end()) rule.reason_required = true;
  }
  return rules;
}

ApprovalRule approvals_of(const TaskRecord& task) {
  ApprovalRule rule;
  if (task.request.find("\"approvals\"") == std::string::npos) return rule;
  const json::object request = parse_object(task.request);
  const json::object* const approvals = object_at(request, "approvals");
  if (approvals == nullptr) return rule;
  if (const json::value* const need = approvals->if_contains("need"); need != nullptr && need->is_int64()) {
    rule.need = static_cast<std::uint32_t>(std::max<std::int64_t>(1, need->get_int64()));
  }
  rule.exclude = texts_at(*approvals, "exclude");
  rule.exclude_tasks = texts_at(*approvals, "exclude_tasks");
  rule.exclude_starter = flag_at(*approvals, "exclude_starter");
  rule.roles = texts_at(*approvals, "roles");
  rule.need = std::max(rule.need, static_cast<std::uint32_t>(rule.roles.size()));
  return rule;
}

std::vector<TaskStep> escalations_of(const TaskRecord& task) { return steps_in(task, "escalate"); }
std::vector<TaskStep> reminders_of(const TaskRecord& task) { return steps_in(task, "remind"); }

std::vector<TimerRecord> timers_of(const TaskRecord& task) {
  std::vector<TimerRecord> timers;
  if (!task.open_for_decision()) return timers;
  const auto add = [&](Instant at, TimerPurpose purpose) { timers.push_back({at, task.instance, task.seq, purpose}); };
  if (task.hold && task.hold->until) add(*task.hold->until, TimerPurpose::hold_ends);
  if (task.follow_up) add(*task.follow_up, TimerPurpose::follow_up);
  if (clock_stands(task)) return timers;
  const auto escalations = escalations_of(task);
  if (task.escalations_done < escalations.size()) add(escalations[task.escalations_done].at, TimerPurpose::escalation);
  const auto reminders = reminders_of(task);
  if (task.reminders_done < reminders.size()) add(reminders[task.reminders_done].at, TimerPurpose::reminder);
  return timers;
}

bool assigns_itself(const TaskRecord& task) {
  return task.request.find("\"assign\"") != std::string::npos &&
         text_at(parse_object(task.request), "assign") == "least_busy";
}

void write_definition(JsonWriter& writer, const TaskRecord& task) {
  writer.key("outcomes").begin_array();
  for (const OutcomeRule& rule : outcomes_of(task)) {
    writer.begin_object().field("name", rule.name).optional_field("title", rule.title);
    writer.flag("reason_required", rule.reason_required).key("reason_codes").begin_array();
    for (const ReasonCode& code : rule.reason_codes) {
      writer.begin_object().field("code", code.code).optional_field("title", code.title).end_object();
    }
    writer.end_array().optional_field("form_part", rule.form_part).end_object();
  }
  writer.end_array().key("next_steps").begin_array();
  for (const NextStep& next : next_steps_of(task)) {
    writer.begin_object().field("at", format_instant(next.at)).field("kind", next.kind);
    writer.optional_field("role", next.step.role).optional_field("person", next.step.person);
    writer.optional_field("text", next.step.text).end_object();
  }
  writer.end_array();
}

}  // namespace baton
