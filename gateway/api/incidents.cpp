// /v1/incidents and /v1/instances/{id}/incidents: failures that need an operator.
#include <charconv>

#include "gateway/api/recorded_read.hpp"

namespace baton {
namespace {

std::optional<std::uint32_t> number_of(const std::string& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

void resolve(ApiContext& context, IncidentAction action, RoutedRequest request, Responder responder) {
  const auto number = number_of(request.at("number"));
  if (!number) {
    return send_error(responder, {ErrorCode::not_found, "'" + request.at("number") + "' is no incident's number", ""});
  }
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  ResolveIncident message;
  message.number = *number;
  message.action = action;
  if (action == IncidentAction::skip) message.value = json_text_of(fields.value("value"));
  if (action == IncidentAction::rewind) {
    const auto to = fields.integer("rewind_to", 0, UINT32_MAX);
    if (!to) fields.refuse("rewind_to", "is missing", "give the index of the first entry that no longer counts");
    message.rewind_to = static_cast<EntryIndex>(to.value_or(0));
  }
  message.reason = fields.text("reason").value_or("");
  message.by = principal_of(request.http);
  if (Status status = fields.finish(); !status) return send_error(responder, status.error());
  submit(context, request, std::move(responder), InstanceRequest{request.at("id"), std::move(message)});
}

}  // namespace

void add_incident_routes(HttpRouter& router, ApiContext& context) {
  router.add({"GET", "/v1/incidents", "listIncidents", "Open incidents, oldest first.", with_page_rules({}), "",
              "IncidentPage", 200, [&context](RoutedRequest request, Responder responder) {
                auto page = page_of_query(request);
                if (!page) return send_error(responder, page.error());
                read_record_and_send(context, request.http, std::move(responder), "incidents",
                                     [page = *page](const StoreReader& reader) -> Result<PatientData> {
                                       auto found = reader.open_incidents(page.cursor, page.limit);
                                       if (!found) return std::move(found).error();
                                       return patient_page(*found);
                                     });
              }});
  router.add({"GET",
              "/v1/instances/{id}/incidents",
              "listInstanceIncidents",
              "All incidents of one instance.",
              {},
              "",
              "IncidentPage",
              200,
              [&context](RoutedRequest request, Responder responder) {
                read_record_and_send(context, request.http, std::move(responder), "incidents",
                                     [id = request.at("id")](const StoreReader& reader) -> Result<PatientData> {
                                       auto found = reader.incidents_of(id);
                                       if (!found) return std::move(found).error();
                                       return patient_page(Page<IncidentRecord>{std::move(*found), ""});
                                     });
              }});
  for (const auto& [action, summary] :
       {std::pair{IncidentAction::retry, "Try again what failed."},
        {IncidentAction::skip, "Go on with this value instead."},
        {IncidentAction::rewind, "Go back to an entry of the history and run again from there."},
        {IncidentAction::cancel, "Give the instance up."}}) {
    const std::string name(to_string(action));
    router.add({"POST",
                "/v1/instances/{id}/incidents/{number}/" + name,
                name + "Incident",
                summary,
                {},
                action == IncidentAction::skip     ? "Skip"
                : action == IncidentAction::rewind ? "Rewind"
                                                   : "Reason",
                "Any",
                200,
                [&context, action = action](RoutedRequest request, Responder responder) {
                  resolve(context, action, std::move(request), std::move(responder));
                }});
  }
}

}  // namespace baton
