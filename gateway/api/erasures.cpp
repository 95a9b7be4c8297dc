// /v1/erasures and /v1/patient-keys: a person's data is erased by two people, and the keys are renewed.
#include "persistence/erasures.hpp"
#include "gateway/api/reason.hpp"
#include "gateway/api/recorded_read.hpp"
#include "persistence/keys/key_store.hpp"

namespace baton {
namespace {

void list(ApiContext& context, RoutedRequest, Responder responder) {
  read_and_send(context, std::move(responder), [](const StoreReader& reader) -> Result<JsonText> {
    const auto all = list_erasures(reader);
    if (!all.ok()) return all.error();
    JsonWriter writer;
    writer.begin_object().key("items").begin_array();
    for (const Erasure& erasure : *all) write_json(writer, erasure);
    writer.end_array().end_object();
    return std::move(writer).take();
  });
}

// Of one that waits for its decision: what would go.
Result<PatientData> one_json(const StoreReader& reader, const std::string& id) {
  const auto erasure = find_erasure(reader, id);
  if (!erasure.ok()) return erasure.error();
  if (!*erasure) return Error{ErrorCode::not_found, "there is no erasure '" + id + "'", "baton audit erase list"};
  PatientData data;
  JsonWriter writer;
  writer.begin_object().key("erasure");
  write_json(writer, **erasure);
  if ((*erasure)->state == ErasureState::requested) {
    const auto patient = reader.patient_behind((*erasure)->patient);
    if (!patient.ok()) return patient.error();
    const auto scope = erasure_scope(reader, patient->value_or((*erasure)->patient));
    if (!scope.ok()) return scope.error();
    writer.key("would_erase").begin_object().key("people").begin_array();
    for (const std::string& person : scope->people) writer.string(person);
    writer.end_array().field("cases", static_cast<std::int64_t>(scope->cases)).key("open_cases").begin_array();
    for (const std::string& open : scope->open_cases) writer.string(open);
    writer.end_array().field("events", static_cast<std::int64_t>(scope->events)).key("messages").begin_array();
    for (const auto& [source, message] : scope->messages) writer.string(source + "/" + message);
    writer.end_array().end_object();
    data.patient = scope->people.front();
  }
  writer.end_object();
  data.json = std::move(writer).take();
  return data;
}

void get(ApiContext& context, RoutedRequest request, Responder responder) {
  const std::string id = request.at("id");
  read_record_and_send(context, request.http, std::move(responder), "erasure/" + id,
                       [id](const StoreReader& reader) { return one_json(reader, id); });
}

void request_erasure(ApiContext& context, RoutedRequest request, Responder responder) {
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  EraseRequest erase{"request",
                     "",
                     fields.text("patient").value_or(""),
                     reason_of(fields, "basis"),
                     reason_of(fields),
                     principal_of(request.http)};
  if (const Status status = fields.finish(); !status) return send_error(responder, status.error());
  submit(context, request, std::move(responder), std::move(erase), 201);
}

// approve, refuse, resume.
void decide(ApiContext& context, const char* action, RoutedRequest request, Responder responder) {
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  EraseRequest erase{action, request.at("id"), "", "", reason_of(fields), principal_of(request.http)};
  if (const Status status = fields.finish(); !status) return send_error(responder, status.error());
  submit(context, request, std::move(responder), std::move(erase));
}

void show_keys(ApiContext& context, RoutedRequest, Responder responder) {
  const KeyStore* const keys = context.node.reader().store().keys();
  JsonWriter writer;
  writer.begin_object().field("generation", static_cast<std::int64_t>(keys == nullptr ? 0 : keys->generation()));
  writer.field("keys", static_cast<std::int64_t>(keys == nullptr ? 0 : keys->last()));
  writer.flag("pseudonyms", context.node.reader().store().pseudonyms().keyed()).end_object();
  send_json(responder, 200, std::move(writer).take());
}

void rotate(ApiContext& context, RoutedRequest request, Responder responder) {
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  RotateKeys rotation{reason_of(fields), principal_of(request.http)};
  if (rotation.reason.empty()) fields.refuse("reason", "is missing", "say why the keys are renewed");
  if (const Status status = fields.finish(); !status) return send_error(responder, status.error());
  submit(context, request, std::move(responder), std::move(rotation));
}

}  // namespace

void add_erasure_routes(HttpRouter& router, ApiContext& context) {
  const auto bind = [&context](auto handler) {
    return [&context, handler](RoutedRequest request, Responder responder) {
      handler(context, std::move(request), std::move(responder));
    };
  };
  const auto decision = [&context](const char* action) {
    return [&context, action](RoutedRequest request, Responder responder) {
      decide(context, action, std::move(request), std::move(responder));
    };
  };
  router.add({"GET",
              "/v1/erasures",
              "listErasures",
              "Erasures of patients: who asked, who decided, what came of it.",
              {},
              "",
              "ErasureList",
              200,
              bind(list)});
  router.add({"POST",
              "/v1/erasures",
              "requestErasure",
              "Ask that a patient's data be erased, on a legal basis. Somebody else has to approve it.",
              {},
              "NewErasure",
              "Erasure",
              201,
              bind(request_erasure)});
  router.add({"GET",
              "/v1/erasures/{id}",
              "getErasure",
              "One erasure, and as long as nobody has decided, what it would take.",
              {},
              "",
              "ErasureInFull",
              200,
              bind(get)});
  router.add({"POST",
              "/v1/erasures/{id}/approve",
              "approveErasure",
              "Erase the patient: the key is destroyed, for good. By a person other than who requested it.",
              {},
              "Reason",
              "Erasure",
              200,
              decision("approve")});
  router.add({"POST",
              "/v1/erasures/{id}/refuse",
              "refuseErasure",
              "Decide that the patient's data stays.",
              {},
              "Reason",
              "Erasure",
              200,
              decision("refuse")});
  router.add({"POST",
              "/v1/erasures/{id}/resume",
              "resumeErasure",
              "Go on with an erasure that was approved and waits for a case that opened meanwhile.",
              {},
              "Reason",
              "Erasure",
              200,
              decision("resume")});
  router.add({"GET",
              "/v1/patient-keys",
              "getPatientKeys",
              "How many keys there are, and how often the key store was written anew.",
              {},
              "",
              "PatientKeys",
              200,
              bind(show_keys)});
  router.add({"POST",
              "/v1/patient-keys/rotate",
              "rotatePatientKeys",
              "Renew the key-encryption key and the key store's main key, while everything goes on.",
              {},
              "Reason",
              "Rotation",
              200,
              bind(rotate)});
}

}  // namespace baton
