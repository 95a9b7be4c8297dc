// /v1/patients and /v1/events: people, and what was told about them.
#include "gateway/api/patient_summary.hpp"
#include "gateway/api/recorded_read.hpp"
#include "persistence/cursor.hpp"

namespace baton {
namespace {

Error no_patient() { return {ErrorCode::not_found, "there is no patient with this id", "ids are Baton's own"}; }

void get_patient(ApiContext& context, RoutedRequest request, Responder responder) {
  read_record_and_send(context, request.http, std::move(responder), "patient",
                       [id = request.at("id")](const StoreReader& reader) -> Result<PatientData> {
                         const auto patient = reader.known_patient(id);
                         if (!patient) return patient.error();
                         if (*patient) return PatientData{to_json(**patient), id, {}};
                         return no_patient();
                       });
}

void summary(ApiContext& context, RoutedRequest request, Responder responder) {
  read_record_and_send(context, request.http, std::move(responder), "summary",
                       [id = request.at("id")](const StoreReader& reader) -> Result<PatientData> {
                         auto json = patient_summary_json(reader, id);
                         if (!json) return std::move(json).error();
                         return PatientData{std::move(*json), id, {}};
                       });
}

void timeline(ApiContext& context, RoutedRequest request, Responder responder) {
  auto page = page_of_query(request);
  if (!page) return send_error(responder, page.error());
  read_record_and_send(context, request.http, std::move(responder), "timeline",
                       [id = request.at("id"), page = *page](const StoreReader& reader) -> Result<PatientData> {
                         auto found = reader.timeline(id, page.cursor, page.limit);
                         if (!found) return std::move(found).error();
                         const auto patient = reader.known_patient(id);
                         if (!patient) return patient.error();
                         if (!*patient && found->items.empty()) return no_patient();
                         return PatientData{page_json(*found), id, {}};
                       });
}

PatientData page_of_people(const Page<PatientRecord>& page) {
  PatientData data{page_json(page), {}, {}, {}};
  for (const PatientRecord& record : page.items) data.patients.push_back(record.id);
  return data;
}

void find_patients(ApiContext& context, RoutedRequest request, Responder responder) {
  const Identifier identifier{text_of_query(request, "system"), text_of_query(request, "value"), ""};
  auto page = page_of_query(request);
  if (!page) return send_error(responder, page.error());
  read_record_and_send(context, request.http, std::move(responder), "patients",
                       [identifier, page = *page](const StoreReader& reader) -> Result<PatientData> {
                         if (identifier.value.empty()) {
                           const auto after = read_cursor(Listing::patients, page.cursor);
                           if (!after) return after.error();
                           auto found = reader.all_patients(*after, page.limit);
                           if (!found) return std::move(found).error();
                           if (!found->cursor.empty()) found->cursor = write_cursor(Listing::patients, found->cursor);
                           return page_of_people(*found);
                         }
                         auto found = reader.patients_with(identifier);
                         if (!found) return std::move(found).error();
                         return page_of_people(Page<PatientRecord>{std::move(*found), ""});
                       });
}

void get_event(ApiContext& context, RoutedRequest request, Responder responder) {
  read_record_and_send(
      context, request.http, std::move(responder), request.at("id"),
      [id = request.at("id")](const StoreReader& reader) -> Result<PatientData> {
        const auto event = reader.event(id);
        if (!event) return event.error();
        if (*event) return PatientData{to_json(**event), (*event)->patient, {}};
        return Error{ErrorCode::not_found, "there is no event '" + id + "'", "see GET /v1/patients/{id}/timeline"};
      });
}

}  // namespace

void add_patient_routes(HttpRouter& router, ApiContext& context) {
  const auto bind = [&context](auto handler) {
    return [&context, handler](RoutedRequest request, Responder responder) {
      handler(context, std::move(request), std::move(responder));
    };
  };
  router.add({"GET", "/v1/patients", "findPatients", "Patients with an identifier, or all of them.",
              with_page_rules({{"system", "Assigning authority of the identifier."}, {"value", "The identifier."}}), "",
              "PatientPage", 200, bind(find_patients)});
  router.add(
      {"GET", "/v1/patients/{id}", "getPatient", "One person's record.", {}, "", "Patient", 200, bind(get_patient)});
  router.add({"GET",
              "/v1/patients/{id}/summary",
              "getPatientSummary",
              "What to know before deciding: identity, allergies, orders without a result, the latest events.",
              {},
              "",
              "PatientSummary",
              200,
              bind(summary)});
  router.add({"GET", "/v1/patients/{id}/timeline", "getTimeline", "A person's events, newest first.",
              with_page_rules({}), "", "EventPage", 200, bind(timeline)});
  router.add({"GET",
              "/v1/events/{id}",
              "getEvent",
              "One canonical event with its provenance.",
              {},
              "",
              "Event",
              200,
              bind(get_event)});
}

}  // namespace baton
