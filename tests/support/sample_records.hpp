// One record of each kind with every field set: for codecs, stores and golden files. Fixed for ever: the golden stores
// hold them. What a later version of a record has is in a sample of its own.
#pragma once

#include <vector>

#include "runtime/model/records.hpp"

namespace baton::test {

inline constexpr Instant kSampleStart{1772352000000};  // 2026-03-01T08:00:00Z

inline Principal sample_person() { return {PrincipalKind::person, "u-7", "pharmacist", "oidc", "10.1.2.3"}; }

inline InstanceRecord sample_instance() {
  return {.id = "i-1",
          .workflow = "discharge",
          .bundle = "b0",
          .patient = "p-1",
          .business_key = "enc-9",
          .status = InstanceStatus::completed,
          .paused = false,
          .open_incidents = 1,
          .started_at = kSampleStart,
          .closed_at = kSampleStart + kDay,
          .run_begins_at = 4,
          .parent = "i-0",
          .parent_seq = 3,
          .attributes = {{"stage", "\"review\""}, {"ward", R"(["4E","5W"])"}},
          .outcome = Outcome::of(R"({"ok":true})")};
}

inline PendingRecord sample_pending() {
  return {.instance = "i-1",
          .operation = {.seq = 5,
                        .kind = OperationKind::activity,
                        .key = "activity:pharmacy.home_list#2",
                        .name = "pharmacy.home_list",
                        .line = "discharge.lua:17",
                        .request = R"({"input":{"id":1},"options":{"retry":"gentle"}})",
                        .due = kSampleStart + kHour},
          .attempt = 2,
          .since = kSampleStart + kMinute,
          .workflow = "discharge",
          .bundle = "b0",
          .patient = "p-1",
          .backing_off = true};
}

inline TaskRecord sample_task() {
  return {.instance = "i-1",
          .seq = 2,
          .name = "medication_review",
          .workflow = "discharge",
          .patient = "p-1",
          .status = TaskStatus::claimed,
          .version = 3,
          .created_at = kSampleStart,
          .due = kSampleStart + kHour,
          .closed_at = kSampleStart + kDay,
          .roles = {"pharmacist", "charge_pharmacist"},
          .subjects = {"u-9"},
          .claimed_by = "u-7",
          .escalations_done = 1,
          .votes = {{"u-7", "approve", "{}", kSampleStart + kMinute}},
          .request = R"({"why":"Two lists disagree"})",
          .decision = R"({"outcome":"approve"})"};
}

inline IncidentRecord sample_incident() {
  return {.instance = "i-1",
          .number = 1,
          .workflow = "discharge",
          .patient = "p-1",
          .cause = {"BT308", "no answer", R"({"attempts":8})"},
          .line = "discharge.lua:17",
          .seq = 5,
          .opened_at = kSampleStart,
          .resolved_at = kSampleStart + kHour,
          .resolution = "retry"};
}

inline std::vector<OutboxRecord> sample_outbox() {
  const Address instance{ActorKind::instance, "i-1"};
  const Address patient{ActorKind::patient, "p-1"};
  return {
      {instance,
       {ActorKind::instance, "i-2"},
       1,
       StartWorkflow{"referral", "b0", "{}", "p-1", "order-3", "i-1", 4, true, "e-1"}},
      {instance, {ActorKind::instance, "i-0"}, 2, ChildClosed{3, Outcome::failed({"BT315", "child failed", ""})}},
      {patient, instance, 3, DeliverEvent{"e-1", "encounter.discharged", R"({"type":"encounter.discharged"})"}},
      {instance, {ActorKind::instance, "i-3"}, 4, DeliverSignal{"bed_ready", "7", sample_person()}},
      {instance, {ActorKind::instance, "i-2"}, 5, CancelChild{"parent closed"}},
      {patient, instance, 6, MovePatient{"p-1", "p-2"}},
      {instance, patient, 7, InstanceClosed{"i-1"}},
      {instance, patient, 8, InstanceOpened{"i-4", "referral", "order-3"}},
      {patient, {ActorKind::patient, "p-2"}, 9, MergeInto{"p-2"}},
      {{ActorKind::patient, "p-2"}, patient, 10, TakeOver{"p-1", std::string("\x01\x00p", 3)}},
  };
}

inline PatientRecord sample_patient() {
  return {.id = "p-1",
          .identifiers = {{"urn:hospital", "4711", "MR"}},
          .demographics = R"({"name":"Ada Test","birth_date":"1950-01-02"})",
          .merged_into = "p-2",
          .merged_from = {"p-0"},
          .open_instances = {{"i-1", "discharge", "enc-9"}},
          .runs = {{"discharge/enc-9", 1}},
          .sent = {{"i:i-1", 3}},
          .taken = {{"i:i-1", 7}},
          .events = 12,
          .last_at = kSampleStart};
}

inline EventRecord sample_event() {
  return {.id = "e-1",
          .patient = "p-1",
          .type = "encounter.discharged",
          .occurred_at = kSampleStart,
          .recorded_at = kSampleStart + kSecond,
          .source = "EPIC|HOSP",
          .message_id = "MSG1",
          .format = "hl7v2",
          .mapping = "adt@b0",
          .event = R"({"type":"encounter.discharged"})"};
}

inline MessageRecord sample_message() {
  return {.source = "EPIC|HOSP",
          .message_id = "MSG1",
          .format = "hl7v2",
          .state = "accepted",
          .received_at = kSampleStart,
          .reason_code = "",
          .reason = "",
          .answer = "MSH|^~\\&|...\rMSA|AA|MSG1\r",
          .events = {"e-1"},
          .raw = std::string("MSH|^~\\&|EPIC\rEVN\xff\r")};
}

// With what came with version 2.
inline PendingRecord sample_pending_2() {
  PendingRecord record = sample_pending();
  record.heartbeat = R"({"row":17})";
  return record;
}
inline PatientRecord sample_patient_2() {
  PatientRecord record = sample_patient();
  record.awaited = {"p-0"};
  record.held = {sample_event()};
  return record;
}
inline std::vector<OutboxRecord> sample_outbox_2() {
  std::vector<OutboxRecord> all = sample_outbox();
  all.push_back({{ActorKind::patient, "p-1"},
                 {ActorKind::patient, "p-2"},
                 11,
                 ForwardEvents{{sample_event()},
                               {{"urn:hospital", "4711", "MR"}},
                               R"({"name":"Ada Test"})",
                               "p-3",
                               {{"urn:hospital", "4712", "MR"}},
                               sample_person()}});
  return all;
}

// With what came with keys that a script adds.
inline InstanceRecord sample_instance_2() {
  InstanceRecord record = sample_instance();
  record.added_keys = {"enc-10", "enc-11"};
  return record;
}
inline std::vector<OutboxRecord> sample_outbox_3() {
  std::vector<OutboxRecord> all = sample_outbox_2();
  all.push_back({{ActorKind::instance, "i-1"}, {ActorKind::patient, "p-1"}, 12, AddKey{"i-1", "discharge", "enc-10"}});
  return all;
}

}  // namespace baton::test
