#include "gateway/auth/request_patient.hpp"

namespace baton {
namespace {

template <typename Record>
std::string patient_of(const Result<std::optional<Record>>& record) {
  return record.ok() && *record ? (*record)->patient : std::string();
}

}  // namespace

std::string patient_of_request(const StoreReader& reader, const RoutedRequest& request) {
  const std::string_view path = request.http.path();
  const auto below = [&](std::string_view prefix) { return path.starts_with(prefix); };
  std::string id;
  for (const auto& [name, value] : request.path) {
    if (name == "id") id = value;
  }
  if (path == "/v1/instances" || path == "/v1/tasks") {  // Lists of one patient's.
    const std::string* const patient = request.find_query("patient");
    if (patient == nullptr) return {};
    const auto known = reader.known_patient(*patient);
    return known.ok() && *known ? *patient : std::string();
  }
  if (id.empty()) return {};
  if (below("/v1/patients/")) return id;
  if (below("/v1/instances/")) return patient_of(reader.instance(id));
  if (below("/v1/events/")) return patient_of(reader.event(id));
  if (!below("/v1/tasks/")) return {};
  const auto task = parse_task_id(id);
  return task ? patient_of(reader.task(task->first, task->second)) : std::string();
}

}  // namespace baton
