#include "gateway/api/recorded_read.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace baton {

Result<std::uint64_t> index_of(std::string_view text) {
  std::uint64_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (!text.empty() && error == std::errc() && end == text.data() + text.size()) return index;
  return Error{ErrorCode::bad_query, "'" + std::string(text) + "' is not an index", "a number from 0"};
}

AuditRecord read_record(const HttpRequest& request, std::string object) {
  AuditRecord record;
  record.action = action::kPatientRead;
  record.by = principal_of(request);
  if (record.by.purpose.empty()) {
    const std::string_view purpose = request.header("X-Baton-Purpose").substr(0, limits::kNameSize);
    if (is_valid_utf8(purpose)) record.by.purpose = purpose;
  }
  record.object = std::move(object);
  return record;
}

void set_patients(AuditRecord& record, std::vector<std::string> patients) {
  std::erase(patients, std::string());
  std::ranges::sort(patients);
  const auto same = std::ranges::unique(patients);
  patients.erase(same.begin(), same.end());
  record.patients = std::move(patients);
}

void record_and_send(ApiContext& context, AuditRecord record, std::shared_ptr<Responder> responder, JsonText json) {
  context.node.submit(RecordAccess{{}, std::move(record)},
                      [responder, json = std::move(json)](const Result<JsonText>& recorded) {
                        if (!recorded) return send_error(*responder, recorded.error());
                        send_json(*responder, 200, json);
                      });
}

void read_record_and_send(ApiContext& context, const HttpRequest& request, Responder responder, std::string object,
                          std::function<Result<PatientData>(const StoreReader&)> read) {
  context.reads.run([&context, record = read_record(request, std::move(object)), read = std::move(read),
                     shared = std::make_shared<Responder>(std::move(responder))](bool ok) mutable {
    if (!ok) return send_error(*shared, {ErrorCode::overloaded, "too many searches wait already", "try again"});
    auto data = read(context.node.reader());
    if (!data) return send_error(*shared, data.error());
    record.patient = std::move(data->patient);
    record.instance = std::move(data->instance);
    set_patients(record, std::move(data->patients));
    if (record.patient.empty() && record.patients.empty() && !data->somebodys) {
      return send_json(*shared, 200, std::move(data->json));
    }
    record_and_send(context, std::move(record), shared, std::move(data->json));
  });
}

}  // namespace baton
