// /v1/incidents and /v1/instances/{id}/incidents: failures that need an operator.
#include <charconv>

#include "gateway/api/reason.hpp"
#include "gateway/api/recorded_read.hpp"
#include "persistence/store_reader.hpp"
#include "runtime/engine/incident_offers.hpp"
#include "runtime/engine/request_options.hpp"

namespace baton {
namespace {

std::optional<std::uint32_t> number_of(const std::string& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

void resolve(ApiContext& context, IncidentAction action, bool edits, RoutedRequest request, Responder responder) {
  const auto number = number_of(request.at("number"));
  if (!number) {
    return send_error(responder, {ErrorCode::not_found, "'" + request.at("number") + "' is no incident's number",
                                  "see GET /v1/incidents"});
  }
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  ResolveIncident message;
  message.number = *number;
  message.action = action;
  if (action == IncidentAction::skip) message.value = payload_of(fields, "value");
  if (action == IncidentAction::rewind) {
    const auto to = fields.integer("rewind_to", 0, UINT32_MAX);
    message.step = fields.text("step").value_or("");
    if (!to && message.step.empty()) {
      fields.refuse("rewind_to", "is missing", "give a step, or the index of the first entry that no longer counts");
    }
    message.rewind_to = static_cast<EntryIndex>(to.value_or(0));
  }
  if (edits) {
    message.input = payload_of(fields, "input");
    if (message.input->empty()) fields.refuse("input", "is missing", "give what the activity shall be given");
  }
  message.reason = reason_of(fields);
  message.by = principal_of(request.http);
  if (Status status = fields.finish(); !status) return send_error(responder, status.error());
  submit(context, request, std::move(responder), InstanceRequest{request.at("id"), std::move(message)});
}

// An incident as the records have it, and what can be done about it.
void write_with_offers(JsonWriter& writer, const IncidentRecord& incident, bool paused) {
  std::string json = to_json(incident);
  json.back() = ',';
  JsonWriter offers;
  offers.begin_array();
  for (const IncidentOffer& offer : offers_of(incident, paused)) {
    offers.begin_object().field("action", offer.action).field("sentence", offer.sentence).key("needs").begin_array();
    for (const std::string& need : offer.needs) offers.string(need);
    offers.end_array().end_object();
  }
  offers.end_array();
  writer.value(json + "\"offers\":" + offers.view() + "}");
}

Result<PatientData> page_of_incidents(const StoreReader& reader, const Page<IncidentRecord>& page) {
  JsonWriter writer;
  writer.begin_object().key("items").begin_array();
  PatientData data;
  for (const IncidentRecord& incident : page.items) {
    const auto instance = reader.instance(incident.instance);
    if (!instance) return instance.error();
    write_with_offers(writer, incident, *instance && (*instance)->paused);
    data.patients.push_back(incident.patient);
  }
  writer.end_array().optional_field("next", page.cursor).end_object();
  data.json = std::move(writer).take();
  return data;
}

Error no_such_instance(const std::string& id) {
  return {ErrorCode::not_found, "there is no instance '" + id + "'", "see GET /v1/instances"};
}

// One incident, what its activity was given, and where its run can go back to.
Result<PatientData> detail(const StoreReader& live, const std::string& id, std::uint32_t number) {
  const StoreReader reader = live.snapshot();
  const auto incident = reader.incident(id, number);
  if (!incident) return incident.error();
  if (!*incident) {
    return Error{ErrorCode::not_found, "instance '" + id + "' has no incident " + std::to_string(number),
                 "see GET /v1/incidents"};
  }
  const auto instance = reader.instance(id);
  if (!instance) return instance.error();
  if (!*instance) return no_such_instance(id);
  const auto journal = reader.run(**instance);
  if (!journal) return journal.error();
  const auto pending = reader.pending(id, (*incident)->seq);
  if (!pending) return pending.error();
  JsonWriter writer;
  write_with_offers(writer, **incident, (*instance)->paused);
  std::string json = std::move(writer).take();
  json.pop_back();
  JsonWriter more;
  more.begin_object().flag("paused", (*instance)->paused).field("bundle", (*instance)->bundle);
  if (*pending) {
    more.field("activity", (*pending)->operation.name);
    const JsonText input = input_of((*pending)->operation);
    if (!input.empty()) more.json_field("input", input);
  }
  more.key("rewind").begin_array();
  for (const RewindPlace& place : rewind_places(*journal, (*instance)->run_begins_at)) {
    more.begin_object()
        .field("rewind_to", static_cast<std::int64_t>(place.entry))
        .field("at", format_instant(place.at));
    more.field("step", place.key).field("name", place.name).field("kind", place.kind);
    more.optional_field("line", place.line).end_object();
  }
  more.end_array().end_object();
  return PatientData{json + "," + more.view().substr(1), (*incident)->patient, id};
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
                                       return page_of_incidents(reader, *found);
                                     });
              }});
  router.add({"GET",
              "/v1/instances/{id}/incidents/{number}",
              "getIncident",
              "One incident: its cause and source line, what can be done about it, and what that needs.",
              {},
              "",
              "IncidentDetail",
              200,
              [&context](RoutedRequest request, Responder responder) {
                const auto number = number_of(request.at("number"));
                if (!number) {
                  return send_error(responder,
                                    {ErrorCode::not_found, "'" + request.at("number") + "' is no incident's number",
                                     "see GET /v1/incidents"});
                }
                read_record_and_send(context, request.http, std::move(responder), "incident",
                                     [id = request.at("id"), number = *number](const StoreReader& reader) {
                                       return detail(reader, id, number);
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
                                       const auto instance = reader.instance(id);
                                       if (!instance) return instance.error();
                                       if (!*instance) return no_such_instance(id);
                                       return page_of_incidents(reader, {std::move(*found), ""});
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
                  resolve(context, action, false, std::move(request), std::move(responder));
                }});
  }
  router.add({"POST",
              "/v1/instances/{id}/incidents/{number}/edit",
              "editIncident",
              "Try again with another input of the activity that failed. Before and after are recorded.",
              {},
              "EditInput",
              "Any",
              200,
              [&context](RoutedRequest request, Responder responder) {
                resolve(context, IncidentAction::retry, true, std::move(request), std::move(responder));
              }});
}

}  // namespace baton
