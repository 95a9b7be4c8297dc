// Reads of patients' data: what is shown leaves only after the ledger holds who read it. Thread-safe.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gateway/api/api_support.hpp"

namespace baton {

// What was read, and whose it is. Without a patient it is nobody's data, and nothing is recorded.
struct PatientData {
  JsonText json;
  std::string patient;
  std::string instance;
  std::vector<std::string> patients = {};  // Of a list: all that are on it, in any order and as often as they are.
  bool somebodys = false;                  // Recorded even without a patient: whose it is was not found out.
};

// The index of an audit record, as a path or query has it.
[[nodiscard]] Result<std::uint64_t> index_of(std::string_view text);

// A page with the patients that are on it.
template <typename Record>
[[nodiscard]] PatientData patient_page(const Page<Record>& page) {
  PatientData data{page_json(page), {}, {}, {}};
  for (const Record& record : page.items) data.patients.push_back(record.patient);
  return data;
}

// What a record of a read says at the least. X-Baton-Purpose is the purpose of use.
[[nodiscard]] AuditRecord read_record(const HttpRequest& request, std::string object);
// Of a list: sorted, each once, without those that are nobody.
void set_patients(AuditRecord& record, std::vector<std::string> patients);

// Records as they are, in which nothing can be masked. Error no_permission for a caller who may not see personal data.
[[nodiscard]] Status check_sees_records(const HttpRequest& request);

// Sends with status 200 once the record is durable; with `tag`, if there is one, as its ETag.
void record_and_send(ApiContext& context, AuditRecord record, std::shared_ptr<Responder> responder, JsonText json,
                     std::string tag = {});

// Reads on the worker, records the read by whoever asks, and sends once that is durable. `object` says what was read:
// "timeline", a task's id... Reads that come together share a commit. Whoever says with If-None-Match that they have this
// very answer is told 304: nothing is shown that was not shown before, so there is nothing to record.
void read_record_and_send(ApiContext& context, const HttpRequest& request, Responder responder, std::string object,
                          std::function<Result<PatientData>(const StoreReader&)> read);

// The same on the lane for auditors' questions, which may take long (question_lane.hpp).
void ask_record_and_send(ApiContext& context, const HttpRequest& request, Responder responder, std::string object,
                         std::function<Result<PatientData>(const StoreReader&)> read);
// On that lane, what `read` gives; for what was recorded before.
void ask_and_send(ApiContext& context, const std::string& caller, Responder responder,
                  std::function<Result<JsonText>(const StoreReader&)> read);

}  // namespace baton
