#include "runtime/model/audit_leaf.hpp"

#include <boost/json/object.hpp>
#include <utility>

#include "runtime/model/json_fields.hpp"
#include "runtime/model/json_members.hpp"
#include "runtime/model/own_document.hpp"

namespace baton {
namespace {

// A model is named by a text, or by the id of an object.
std::string model_in(const boost::json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  return value.is_object() ? text_at(value.get_object(), "id") : std::string();
}

std::string model_of(const JsonText& json) {
  if (json.empty()) return {};
  const auto value = parse_own_document(json);
  return value.ok() ? model_in(*value) : std::string();
}

}  // namespace

AuditLeaf::AuditLeaf(AuditRecord&& record) : AuditLeaf(leaf_text(record), record) {}

AuditLeaf::AuditLeaf(LeafText text, AuditRecord& record)
    : bytes(std::move(text.bytes)),
      members(std::move(text.members)),
      beside(std::move(text.beside)),
      patient(std::move(record.patient)),
      patients(std::move(record.patients)),
      instance(std::move(record.instance)),
      subject(std::move(record.by.subject)),
      action(record.action),
      workflow(std::move(record.workflow)),
      bundle(std::move(record.bundle)),
      rule(std::move(record.rule)),
      model(model_of(record.model)),
      outcome(std::move(record.outcome)),
      purpose(std::move(record.by.purpose)),
      source_event(std::move(record.source_event)),
      at(record.at) {}

AuditLeaf::AuditLeaf(std::string leaf) : bytes(std::move(leaf)) {
  const auto document = parse_own_document(bytes);
  if (!document.ok() || !document->is_object()) return;
  const boost::json::object& object = document->get_object();
  patient = text_at(object, "patient");
  instance = text_at(object, "instance");
  action = text_at(object, "action");
  workflow = text_at(object, "workflow");
  bundle = text_at(object, "bundle");
  rule = text_at(object, "rule");
  outcome = text_at(object, "outcome");
  purpose = text_at(object, "purpose");
  source_event = text_at(object, "source_event");
  if (const auto* used = object.if_contains("model")) model = model_in(*used);
  if (const auto* shown = object.if_contains("patients"); shown != nullptr && shown->is_array()) {
    for (const auto& each : shown->get_array()) {
      if (each.is_string()) patients.emplace_back(each.get_string());
    }
  }
  if (const auto read = parse_instant(text_at(object, "at")); read.ok()) at = *read;
  if (const auto* by = object.if_contains("by"); by != nullptr && by->is_object()) {
    subject = text_at(by->get_object(), "subject");
  }
}

}  // namespace baton
