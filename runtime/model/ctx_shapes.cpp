#include "runtime/model/ctx_shapes.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <vector>

#include "runtime/base/limits.hpp"
#include "runtime/model/call_shape.hpp"
#include "runtime/model/json_members.hpp"

namespace baton {
namespace {

namespace json = boost::json;
using Fault = std::optional<std::string>;
using enum ShapeKind;

constexpr Shape kAny{.kind = any};
constexpr Shape kText{.kind = text};
constexpr Shape kName{.kind = name};
constexpr Shape kFlag{.kind = flag};
constexpr Shape kNumber{.kind = number};
constexpr Shape kNumbers{.kind = list, .each = &kNumber};
constexpr Shape kCount{.kind = count};
constexpr Shape kMoment{.kind = moment};
constexpr Shape kStepTime{.kind = step};
constexpr Shape kNames{.kind = names};
constexpr Shape kFalse{.kind = nothing};

// ---- who -----------------------------------------------------------------------------------------------------------

constexpr std::array kCandidateFields = {ShapeField{"role", &kNames},   ShapeField{"roles", &kNames},
                                         ShapeField{"person", &kNames}, ShapeField{"persons", &kNames},
                                         ShapeField{"unit", &kNames},   ShapeField{"units", &kNames}};
constexpr Shape kCandidates{.kind = table, .fields = kCandidateFields, .null_is_nothing = false};

constexpr std::array kApprovalFields = {ShapeField{"need", &kCount}, ShapeField{"roles", &kNames},
                                        ShapeField{"exclude", &kNames}, ShapeField{"exclude_tasks", &kNames},
                                        ShapeField{"exclude_starter", &kFlag}};
constexpr Shape kApprovals{.kind = table, .fields = kApprovalFields, .null_is_nothing = false};

// ---- what they may answer --------------------------------------------------------------------------------------------

constexpr std::array kCodeFields = {ShapeField{"code", &kName, true}, ShapeField{"title", &kText}};
constexpr Shape kCodeTable{.kind = table, .fields = kCodeFields};
constexpr std::array kCodeForms = {&kName, &kCodeTable};
constexpr Shape kCode{.kind = one_of, .choices = kCodeForms};
constexpr Shape kCodeList{.kind = list, .each = &kCode};
constexpr Shape kCodesByName{.kind = by_name, .each = &kText};
constexpr std::array kCodesForms = {&kCodeList, &kCodesByName};
constexpr Shape kCodes{.kind = one_of, .choices = kCodesForms};

constexpr std::array kPartForms = {&kFalse, &kName};
constexpr Shape kPart{.kind = one_of, .choices = kPartForms};
constexpr std::array kNamedOutcomeFields = {ShapeField{"name", &kName, true}, ShapeField{"title", &kText},
                                            ShapeField{"reason_required", &kFlag}, ShapeField{"reason_codes", &kCodes},
                                            ShapeField{"form", &kPart}};
constexpr Shape kNamedOutcome{.kind = table, .fields = kNamedOutcomeFields};
constexpr Shape kOutcomeRule{.kind = table, .fields = std::span(kNamedOutcomeFields).subspan(1)};
constexpr std::array kOutcomeForms = {&kName, &kNamedOutcome};
constexpr Shape kOutcome{.kind = one_of, .choices = kOutcomeForms};
constexpr Shape kOutcomeList{.kind = list, .each = &kOutcome};
constexpr Shape kOutcomesByName{.kind = by_name, .each = &kOutcomeRule};
constexpr std::array kOutcomesForms = {&kName, &kOutcomeList, &kOutcomesByName};
constexpr Shape kOutcomes{.kind = one_of, .choices = kOutcomesForms};
constexpr std::array kReasonForms = {&kFlag, &kNames};
constexpr Shape kReasonRequired{.kind = one_of, .choices = kReasonForms};

// ---- what they see, and when -----------------------------------------------------------------------------------------

constexpr std::array kSourceFields = {ShapeField{"system", &kText}, ShapeField{"as_of", &kAny}};
constexpr Shape kSource{.kind = table, .fields = kSourceFields};
constexpr Shape kSources{.kind = by_name, .each = &kSource};
constexpr std::array kDocumentFields = {ShapeField{"title", &kText}, ShapeField{"url", &kText},
                                        ShapeField{"id", &kText}};
constexpr Shape kDocument{.kind = table, .fields = kDocumentFields};
constexpr Shape kDocuments{.kind = list, .each = &kDocument};

constexpr std::array kEscalationFields = {ShapeField{"at", &kStepTime}, ShapeField{"to", &kName},
                                          ShapeField{"person", &kName}};
constexpr Shape kEscalation{.kind = table, .fields = kEscalationFields};
constexpr Shape kEscalations{.kind = list, .each = &kEscalation};
constexpr std::array kReminderFields = {ShapeField{"at", &kStepTime}, ShapeField{"text", &kText}};
constexpr Shape kReminderTable{.kind = table, .fields = kReminderFields};
constexpr std::array kReminderForms = {&kStepTime, &kReminderTable};
constexpr Shape kReminder{.kind = one_of, .choices = kReminderForms};
constexpr Shape kReminders{.kind = list, .each = &kReminder};

constexpr std::array<std::string_view, 4> kPriorityWords = {"low", "normal", "high", "urgent"};
constexpr Shape kPriority{.kind = word, .words = kPriorityWords};
constexpr std::array<std::string_view, 1> kAssignWords = {"least_busy"};
constexpr Shape kAssign{.kind = word, .words = kAssignWords};

// ---- the calls -------------------------------------------------------------------------------------------------------

constexpr std::array kTaskFields = {ShapeField{"why", &kText},
                                    ShapeField{"form", &kText},
                                    ShapeField{"data", &kAny},
                                    ShapeField{"sources", &kSources},
                                    ShapeField{"documents", &kDocuments},
                                    ShapeField{"candidates", &kAny},  // Asked for apart, as approvals are.
                                    ShapeField{"outcomes", &kOutcomes},
                                    ShapeField{"due", &kMoment},
                                    ShapeField{"timeout", &kMoment},
                                    ShapeField{"follow_up", &kMoment},
                                    ShapeField{"escalate", &kEscalations},
                                    ShapeField{"remind", &kReminders},
                                    ShapeField{"approvals", &kAny},
                                    ShapeField{"priority", &kPriority},
                                    ShapeField{"assign", &kAssign},
                                    ShapeField{"title", &kText},
                                    ShapeField{"otherwise", &kText},
                                    ShapeField{"reason_required", &kReasonRequired}};
constexpr Shape kTask{.kind = table, .fields = kTaskFields};

constexpr std::array<std::string_view, 3> kTierWords = {"suggestion", "queued", "interruption"};
constexpr Shape kTier{.kind = word, .words = kTierWords};
constexpr std::array kAlertFields = {ShapeField{"tier", &kTier},    ShapeField{"key", &kName},
                                     ShapeField{"level", &kNumber}, ShapeField{"thresholds", &kNumbers},
                                     ShapeField{"falling", &kFlag}, ShapeField{"why", &kText},
                                     ShapeField{"data", &kAny},     ShapeField{"every", &kText},
                                     ShapeField{"title", &kText},   ShapeField{"candidates", &kAny}};
constexpr Shape kAlert{.kind = table, .fields = kAlertFields};

constexpr std::array kModelFields = {ShapeField{"id", &kName, true}, ShapeField{"version", &kAny},
                                     ShapeField{"confidence", &kNumber}, ShapeField{"threshold", &kNumber}};
constexpr Shape kModelTable{.kind = table, .fields = kModelFields};
constexpr std::array kModelForms = {&kName, &kModelTable};
constexpr Shape kModel{.kind = one_of, .choices = kModelForms};
constexpr std::array kDecisionFields = {ShapeField{"outcome", &kName, true}, ShapeField{"reason", &kText},
                                        ShapeField{"code", &kText},          ShapeField{"evidence", &kAny},
                                        ShapeField{"model", &kModel},        ShapeField{"confidence", &kNumber},
                                        ShapeField{"threshold", &kNumber}};
constexpr Shape kDecision{.kind = table, .fields = kDecisionFields};

constexpr std::array kOverrideFields = {ShapeField{"after", &kAny, true}, ShapeField{"reason", &kText},
                                        ShapeField{"code", &kText}};
constexpr Shape kOverride{.kind = table, .fields = kOverrideFields};

// Retry policies and durations have readers of their own, which have always refused.
constexpr std::array<std::string_view, 2> kExhaustedWords = {"incident", "raise"};
constexpr Shape kExhausted{.kind = word, .words = kExhaustedWords};
constexpr std::array kActivityFields = {
    ShapeField{"retry", &kAny},         ShapeField{"timeout", &kAny},   ShapeField{"queue_timeout", &kAny},
    ShapeField{"total_timeout", &kAny}, ShapeField{"heartbeat", &kAny}, ShapeField{"on_exhausted", &kExhausted},
    ShapeField{"why", &kText},          ShapeField{"owner", &kText},    ShapeField{"otherwise", &kText}};
constexpr Shape kActivity{.kind = table, .fields = kActivityFields};

constexpr std::array kChildFields = {ShapeField{"id", &kName},      ShapeField{"key", &kName},
                                     ShapeField{"patient", &kText}, ShapeField{"close", &kAny},
                                     ShapeField{"detach", &kFlag},  ShapeField{"why", &kText},
                                     ShapeField{"owner", &kText},   ShapeField{"otherwise", &kText}};
constexpr Shape kChild{.kind = table, .fields = kChildFields};

// ---- what no shape can say -------------------------------------------------------------------------------------------

// Candidates and approvals are asked for apart: null in their place must not pass as if they had been left out.
Fault fault_in_part(const json::object& object, const char* name, const Shape& shape) {
  const json::value* const part = object.if_contains(name);
  return part == nullptr ? Fault() : fault_in(*part, shape, name);
}

// As the API takes ids: a case under any other could be neither shown nor cancelled, nor its tasks decided, for no
// address names it.
Fault fault_in_plain_text(const json::object& object, const char* name) {
  const json::value* const value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  const std::string_view text = value->get_string();
  if (text.size() > limits::kInstanceIdSize) {
    return std::string(name) + " has more than " + std::to_string(limits::kInstanceIdSize) + " bytes";
  }
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(text, is_control)) return std::string(name) + " holds a control character";
  if (text == "." || text == "..") {
    return std::string(name) + " is a step of a path, which clients take out of an address";
  }
  return std::nullopt;
}

bool names_nobody(const json::value& value) {
  return !value.is_string() && (!value.is_array() || value.get_array().empty());
}

Fault fault_in_candidates(const json::object& object) {
  if (Fault fault = fault_in_part(object, "candidates", kCandidates)) return fault;
  const json::object* const candidates = object_at(object, "candidates");
  if (candidates == nullptr && !object.contains("candidates")) return std::nullopt;
  bool somebody = false;
  for (const ShapeField& field : kCandidateFields) {
    const json::value* const said = candidates == nullptr ? nullptr : candidates->if_contains(field.name);
    if (said == nullptr) continue;
    somebody = somebody || !names_nobody(*said);
    if (field.name.starts_with("unit") && names_nobody(*said)) {
      return "candidates." + std::string(field.name) + " is empty, which would let people of every unit";
    }
  }
  if (somebody) return std::nullopt;
  return std::string(
      "candidates names nobody: no role, person or unit. Leave candidates out where everybody may who may decide "
      "tasks");
}

Fault fault_in_approvals(const json::object& task) {
  if (Fault fault = fault_in_part(task, "approvals", kApprovals)) return fault;
  const json::value* const approvals = task.if_contains("approvals");
  if (approvals == nullptr || (approvals->is_object() && !approvals->get_object().empty())) return std::nullopt;
  return std::string("approvals is empty: say how many must agree, or who must not: { need = 2 }");
}

std::vector<std::string_view> outcome_names(const json::object& task) {
  std::vector<std::string_view> names;
  const json::value* const said = task.if_contains("outcomes");
  if (said == nullptr || said->is_null()) return {"done"};
  if (said->is_string()) names.emplace_back(said->get_string());
  if (said->is_object()) {
    for (const auto& [name, rule] : said->get_object()) names.emplace_back(name);
  }
  if (!said->is_array()) return names;
  for (const json::value& each : said->get_array()) {
    names.emplace_back(each.is_string() ? each.get_string() : each.get_object().at("name").get_string());
  }
  return names;
}

Fault fault_in_reasons(const json::object& task, const std::vector<std::string_view>& outcomes) {
  const json::value* const required = task.if_contains("reason_required");
  std::vector<std::string_view> wanted;
  if (required != nullptr && required->is_string()) wanted.emplace_back(required->get_string());
  if (required != nullptr && required->is_array()) {
    for (const json::value& each : required->get_array()) wanted.emplace_back(each.get_string());
  }
  for (const std::string_view each : wanted) {
    if (std::ranges::find(outcomes, each) == outcomes.end()) {
      return "reason_required: among the outcomes " + unknown_name(each, outcomes);
    }
  }
  return std::nullopt;
}

Fault fault_in_form_part(const json::value& rule, std::string_view outcome, const json::object& task,
                         const forms::JsonSchema* form) {
  const json::object* const object = rule.if_object();
  const std::string part = object == nullptr ? std::string() : text_at(*object, "form");
  if (part.empty() || part == "none") return std::nullopt;
  const std::string where = "the form of outcome '" + std::string(outcome) + "' ";
  if (!part.starts_with('#')) return where + "is false, or a part of the task's form such as \"#/$defs/refusal\"";
  if (text_at(task, "form").empty()) return where + "is a part of the task's form, and the task has none";
  if (form == nullptr || form->has_part(part)) return std::nullopt;
  return where + "is \"" + part + "\", which the form '" + text_at(task, "form") + "' does not have";
}

Fault fault_in_form_parts(const json::object& task, const forms::JsonSchema* form) {
  const json::value* const said = task.if_contains("outcomes");
  if (said == nullptr) return std::nullopt;
  if (const json::array* const list = said->if_array()) {
    for (const json::value& each : *list) {
      const std::string name = each.is_object() ? text_at(each.get_object(), "name") : std::string();
      if (Fault fault = fault_in_form_part(each, name, task, form)) return fault;
    }
  }
  if (const json::object* const table = said->if_object()) {
    for (const auto& [name, each] : *table) {
      if (Fault fault = fault_in_form_part(each, name, task, form)) return fault;
    }
  }
  return std::nullopt;
}

Fault fault_in_outcomes(const json::object& task, const forms::JsonSchema* form) {
  const std::vector<std::string_view> names = outcome_names(task);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) return std::string("outcomes has one without a name");
    if (std::ranges::count(names, names[i]) > 1) return "outcomes has '" + std::string(names[i]) + "' twice";
  }
  if (Fault fault = fault_in_reasons(task, names)) return fault;
  return fault_in_form_parts(task, form);
}

Fault fault_in_escalations(const json::object& task) {
  const json::value* const steps = task.if_contains("escalate");
  if (steps == nullptr || !steps->is_array()) return std::nullopt;
  std::size_t place = 0;
  for (const json::value& each : steps->get_array()) {
    ++place;
    if (!text_at(each.get_object(), "to").empty() || !text_at(each.get_object(), "person").empty()) continue;
    return "escalate[" + std::to_string(place) + "] says to nobody: { at = \"due\", to = \"role\" }";
  }
  return std::nullopt;
}

}  // namespace

Fault fault_in_task(const json::object& task, const forms::JsonSchema* form) {
  if (Fault fault = fault_in(task, kTask)) return fault;
  if (Fault fault = fault_in_candidates(task)) return fault;
  if (Fault fault = fault_in_approvals(task)) return fault;
  if (Fault fault = fault_in_outcomes(task, form)) return fault;
  return fault_in_escalations(task);
}

Fault fault_in_alert(const json::object& alert) {
  if (Fault fault = fault_in(alert, kAlert)) return fault;
  return fault_in_candidates(alert);
}

Fault fault_in_decision(const json::object& decision) { return fault_in(decision, kDecision); }
Fault fault_in_override(const json::object& override) { return fault_in(override, kOverride); }
Fault fault_in_activity_options(const json::object& options) { return fault_in(options, kActivity); }
Fault fault_in_child_options(const json::object& options) {
  Fault fault = fault_in(options, kChild);
  for (const char* name : {"id", "patient"}) {
    if (!fault) fault = fault_in_plain_text(options, name);
  }
  return fault;
}

}  // namespace baton
