// /v1/patients/{id}/break-glass, and the same from a case: to somebody's data without the right to it.
#include "gateway/api/reason.hpp"
#include "gateway/api/recorded_read.hpp"
#include "gateway/auth/secret.hpp"

namespace baton {
namespace {

// Of a patient, or of the patient whom a case is about: who may not see whom it is about has no id to ask with.
Result<std::string> patient_of(const StoreReader& reader, const RoutedRequest& request) {
  const std::string& id = request.at("id");
  if (request.http.path().starts_with("/v1/instances/")) {
    const auto instance = reader.instance(id);
    if (!instance) return instance.error();
    if (!*instance) return Error{ErrorCode::not_found, "there is no case with this id", "GET /v1/instances lists them"};
    if ((*instance)->patient.empty())
      return Error{ErrorCode::conflict, "the case is about no patient", "there is nothing to open"};
    return (*instance)->patient;
  }
  const auto patient = reader.known_patient(id);
  if (!patient) return patient.error();
  if (!*patient) return Error{ErrorCode::not_found, "there is no patient with this id", "a case names its patient"};
  return id;
}

void break_glass(ApiContext& context, RoutedRequest request, Responder responder) {
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  const std::string reason = reason_of(fields);
  const std::string reason_code = fields.text("reason_code").value_or("");
  if (reason.empty()) fields.refuse("reason", "is missing", "say why it cannot wait; it will be reviewed");
  if (const Status status = fields.finish(); !status) return send_error(responder, status.error());
  const auto patient = patient_of(context.node.reader(), request);
  if (!patient) return send_error(responder, patient.error());
  Access& access = context.door.access;
  const Instant now = access.people().now();
  const OpenGlass glass{"glass/" + random_token().substr(0, 16), request.http.caller->principal.subject, *patient,
                        now + access.options().glass};
  AuditRecord record;
  record.action = action::kGlassBroken;
  record.by = principal_of(request.http);
  record.by.purpose = kBreakGlassPurpose;
  record.patient = glass.patient;
  record.object = glass.id;
  record.outcome = "opened";
  record.reason = reason;
  record.reason_code = reason_code;
  record.after = R"({"until":")" + format_instant(glass.until) + R"("})";
  JsonWriter answer;
  answer.begin_object().field("glass", glass.id).field("patient", glass.patient);
  answer.field("until", format_instant(glass.until)).end_object();
  submit_then(context, std::move(responder), RecordAccess{{}, std::move(record)},
              [&access, glass, now, json = std::move(answer).take()](const std::shared_ptr<Responder>& then,
                                                                     const Result<JsonText>& recorded) {
                if (!recorded) return send_error(*then, recorded.error());
                access.glass().open(glass, now);
                send_json(*then, 201, json);
              });
}

}  // namespace

void add_break_glass_routes(HttpRouter& router, ApiContext& context) {
  const auto handler = [&context](RoutedRequest request, Responder responder) {
    break_glass(context, std::move(request), std::move(responder));
  };
  router.add({"POST",
              "/v1/patients/{id}/break-glass",
              "breakGlass",
              "Open this person's data without the right to it, for a while. Recorded, and to be reviewed.",
              {},
              "BreakGlass",
              "OpenGlass",
              201,
              handler});
  router.add({"POST",
              "/v1/instances/{id}/break-glass",
              "breakGlassOfInstance",
              "The same for the person whom a case is about.",
              {},
              "BreakGlass",
              "OpenGlass",
              201,
              handler});
}

}  // namespace baton
