// /v1/patients and /v1/events: people, and what was told about them.
#include "gateway/api/api_support.hpp"

namespace baton {
namespace {

void get_patient(ApiContext& context, RoutedRequest request, Responder responder) {
  const auto patient = context.node.reader().patient(request.at("id"));
  if (!patient) return send_error(responder, patient.error());
  if (!*patient) {
    return send_error(responder, {ErrorCode::not_found, "there is no patient with this id", "ids are Baton's own"});
  }
  send_json(responder, 200, to_json(**patient));
}

void timeline(ApiContext& context, RoutedRequest request, Responder responder) {
  auto page = page_of_query(request);
  if (!page) return send_error(responder, page.error());
  read_and_send(context, std::move(responder),
                [id = request.at("id"), page = *page](const StoreReader& reader) -> Result<JsonText> {
                  auto found = reader.timeline(id, page.cursor, page.limit);
                  if (!found) return std::move(found).error();
                  return page_json(*found);
                });
}

void find_patients(ApiContext& context, RoutedRequest request, Responder responder) {
  const Identifier identifier{text_of_query(request, "system"), text_of_query(request, "value"), ""};
  auto page = page_of_query(request);
  if (!page) return send_error(responder, page.error());
  read_and_send(context, std::move(responder),
                [identifier, page = *page](const StoreReader& reader) -> Result<JsonText> {
                  if (identifier.value.empty()) {
                    auto found = reader.all_patients(page.cursor, page.limit);
                    if (!found) return std::move(found).error();
                    return page_json(*found);
                  }
                  auto found = reader.patients_with(identifier);
                  if (!found) return std::move(found).error();
                  return page_json(Page<PatientRecord>{std::move(*found), ""});
                });
}

void get_event(ApiContext& context, RoutedRequest request, Responder responder) {
  const auto event = context.node.reader().event(request.at("id"));
  if (!event) return send_error(responder, event.error());
  if (!*event) return send_error(responder, {ErrorCode::not_found, "there is no event '" + request.at("id") + "'", ""});
  send_json(responder, 200, to_json(**event));
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
