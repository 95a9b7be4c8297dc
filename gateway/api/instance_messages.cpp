// /v1/instances/{id}/...: what people and programs tell an instance; and promises, which the outside settles.
#include "gateway/api/reason.hpp"
#include "gateway/api/recorded_read.hpp"
#include "gateway/api/update_wait.hpp"
#include "runtime/model/json_members.hpp"

namespace baton {
namespace {

// Reads the body, lets `fill` take its fields, and hands the message that it gives to the instance.
using Fill = std::function<Result<InstanceMessage>(const RoutedRequest&, JsonFields&)>;

RouteHandler message_handler(ApiContext& context, Fill fill) {
  return [&context, fill = std::move(fill)](RoutedRequest request, Responder responder) {
    auto body = read_object(request.http);
    if (!body) return send_error(responder, body.error());
    JsonFields fields(*body, "", ErrorCode::bad_field);
    auto message = fill(request, fields);
    if (!message) return send_error(responder, message.error());
    if (Status status = fields.finish(); !status) return send_error(responder, status.error());
    submit(context, request, std::move(responder), InstanceRequest{request.at("id"), std::move(*message)});
  };
}

// The body as it is, whatever JSON value it holds: what a signal, an update or a query carries.
Result<JsonText> read_payload(const HttpRequest& http) {
  if (http.body.empty()) return JsonText();
  if (!is_valid_utf8(http.body)) return Error{ErrorCode::bad_text, "the body is not valid UTF-8", "send UTF-8"};
  if (http.body.size() > limits::kPayloadSize) {
    return Error{ErrorCode::too_large, "the payload is larger than 1 MiB", "store it elsewhere and pass its address"};
  }
  auto document = parse_json_document(http.body);
  if (!document) return std::move(document).error();
  return json_text_of(&*document);
}

// A signal, an update or a query of the name in the path, with the body as its payload.
template <typename Make>
RouteHandler payload_handler(ApiContext& context, Make make) {
  return [&context, make](RoutedRequest request, Responder responder) {
    if (Status status = check_name("name", request.at("name")); !status) return send_error(responder, status.error());
    auto payload = read_payload(request.http);
    if (!payload) return send_error(responder, payload.error());
    submit(context, request, std::move(responder),
           InstanceRequest{request.at("id"), make(request, std::move(*payload))});
  };
}

// A query changes nothing, and shows a patient's data: the answer leaves once the read is recorded.
void run_query(ApiContext& context, RoutedRequest request, Responder responder) {
  const std::string name = request.at("name");
  const std::string id = request.at("id");
  if (Status status = check_name("name", name); !status) return send_error(responder, status.error());
  auto payload = read_payload(request.http);
  if (!payload) return send_error(responder, payload.error());
  AuditRecord record = read_record(request.http, "query/" + name);
  record.instance = id;
  submit_then(context, std::move(responder),
              InstanceRequest{id, InstanceMessage(RunQuery{name, std::move(*payload), 0})},
              [&context, record](const std::shared_ptr<Responder>& then, Result<JsonText> answer) mutable {
                if (answer.ok() && answer->empty()) *answer = "null";  // The function returned nil.
                const bool says = answer.ok() || answer.error().code == ErrorCode::script_error;
                if (!says) return send_error(*then, answer.error());
                const auto instance = context.node.reader().instance(record.instance);
                if (!instance) return send_error(*then, instance.error());
                if (*instance) record.patient = (*instance)->patient;
                if (answer.ok() && record.patient.empty()) return send_json(*then, 200, std::move(*answer));
                if (answer.ok()) return record_and_send(context, std::move(record), then, std::move(*answer));
                if (record.patient.empty()) return send_error(*then, answer.error());
                // An error is the script's own words, and may say as much.
                record.outcome = code_of(answer.error().code);
                context.door.people.record(std::move(record),
                                           [then, error = answer.error()](const Status&) { send_error(*then, error); });
              });
}

std::string key_of(const RoutedRequest& request) { return std::string(request.http.header("Idempotency-Key")); }

void update(ApiContext& context, RoutedRequest request, Responder responder) {
  const auto wait = duration_of_query(request, "wait", kLongestWait);
  if (!wait) return send_error(responder, wait.error());
  const std::string name = request.at("name");
  const std::string id = request.at("id");
  if (Status status = check_name("name", name); !status) return send_error(responder, status.error());
  auto payload = read_payload(request.http);
  if (!payload) return send_error(responder, payload.error());
  InstanceRequest told{id, SendUpdate{name, std::move(*payload), key_of(request), principal_of(request.http), 0}};
  if (!*wait) return submit(context, request, std::move(responder), std::move(told));
  submit_keyed(context, request, std::move(responder), std::move(told), 200,
               [&context, id, at_most = **wait](const std::shared_ptr<Responder>& then, Result<JsonText> answer) {
                 if (!answer) return send_error(*then, answer.error());
                 const boost::json::object said = parse_object(*answer);
                 if (said.contains("outcome")) return send_json(*then, 200, std::move(*answer));
                 send_outcome_of_update(context, then, id, text_at(said, "update_id"), at_most);
               });
}

Result<InstanceMessage> fill_override(const RoutedRequest& request, JsonFields& fields) {
  OverrideOutcome message;
  message.target = fields.text("target").value_or("");
  message.after = payload_of(fields, "after");
  message.reason_code = fields.text("reason_code").value_or("");
  message.reason = reason_of(fields);
  message.by = principal_of(request.http);
  if (message.target.empty()) fields.refuse("target", "is missing", "name the decision or task that is replaced");
  if (message.reason.empty())
    fields.refuse("reason", "is missing", "say why: an override without a reason is not taken");
  return InstanceMessage(std::move(message));
}

// {"outcome":"value","value":..} or {"outcome":"failed","failure":{"code","message"}}; the outcome may be left out.
Result<Outcome> read_settlement(JsonFields& fields) {
  JsonText value = payload_of(fields, "value");
  const boost::json::value* failure = fields.value("failure");
  if (failure == nullptr) return Outcome::of(std::move(value));
  if (!value.empty()) {
    return Error{ErrorCode::bad_field, "'value' and 'failure' exclude each other", "settle it with one of them"};
  }
  if (!failure->is_object()) return Error{ErrorCode::bad_field, "'failure' is not an object", "{\"code\",\"message\"}"};
  JsonFields inner(failure->as_object(), "failure", ErrorCode::bad_field);
  Failure why;
  why.code = inner.text("code").value_or("failed");
  why.message = inner.text("message").value_or("");
  why.details = json_text_of(inner.value("details"));
  if (Status status = inner.finish(); !status) return status.error();
  return Outcome::failed(std::move(why));
}

void settle_promise(ApiContext& context, RoutedRequest request, Responder responder) {
  const auto id = parse_task_id(request.at("promise"));
  if (!id) {
    return send_error(responder, {ErrorCode::not_found, "'" + request.at("promise") + "' is no promise id",
                                  "it is written <instance>.<number>, as ctx:promise gave it"});
  }
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  auto outcome = read_settlement(fields);
  if (!outcome) return send_error(responder, outcome.error());
  if (Status status = fields.finish(); !status) return send_error(responder, status.error());
  submit(context, request, std::move(responder),
         InstanceRequest{id->first, SettlePromise{id->second, std::move(*outcome), principal_of(request.http), 0}});
}

}  // namespace

void add_instance_message_routes(HttpRouter& router, ApiContext& context) {
  const std::string base = "/v1/instances/{id}";
  router.add({"POST",
              base + "/signals/{name}",
              "signalInstance",
              "Send a signal; the body is its payload.",
              {{"occurred_at", "RFC 3339: when it happened, where it is entered late."}},
              "Any",
              "Any",
              200,
              [&context](RoutedRequest request, Responder responder) {
                const auto occurred_at = instant_of_query(request, "occurred_at");
                if (!occurred_at) return send_error(responder, occurred_at.error());
                const auto make = [at = *occurred_at](const RoutedRequest& from, JsonText payload) {
                  return InstanceMessage(
                      SendSignal{from.at("name"), std::move(payload), key_of(from), principal_of(from.http), 0, at});
                };
                payload_handler(context, make)(std::move(request), std::move(responder));
              }});
  router.add(
      {"POST",
       base + "/updates/{name}",
       "updateInstance",
       "Run a validated update: its outcome, or that it was accepted where it has to wait. With wait, waits for its "
       "outcome, also for that of a known Idempotency-Key.",
       {{"wait", "How long to wait for the outcome, such as 30s; at most 5m. 202 when it is not there by then."}},
       "Any",
       "UpdateAnswer",
       200,
       [&context](RoutedRequest request, Responder responder) {
         update(context, std::move(request), std::move(responder));
       }});
  router.add({"POST",
              base + "/queries/{name}",
              "queryInstance",
              "Ask a read-only question; the body is its argument.",
              {},
              "Any",
              "Any",
              200,
              [&context](RoutedRequest request, Responder responder) {
                run_query(context, std::move(request), std::move(responder));
              }});
  router.add({"POST",
              base + "/cancel",
              "cancelInstance",
              "Ask the workflow to cancel; it may clean up first.",
              {},
              "Reason",
              "Any",
              200,
              message_handler(context, [](const RoutedRequest& request, JsonFields& fields) {
                return Result<InstanceMessage>(CancelInstance{reason_of(fields), principal_of(request.http), 0});
              })});
  router.add({"POST",
              base + "/pause",
              "pauseInstance",
              "Take no further step until it is resumed.",
              {},
              "PauseInstance",
              "Any",
              200,
              message_handler(context, [](const RoutedRequest& request, JsonFields& fields) {
                return Result<InstanceMessage>(PauseInstance{reason_of(fields), principal_of(request.http), 0,
                                                             fields.text("timers").value_or("")});
              })});
  router.add({"POST",
              base + "/resume",
              "resumeInstance",
              "Go on after a pause.",
              {},
              "Reason",
              "Any",
              200,
              message_handler(context, [](const RoutedRequest& request, JsonFields& fields) {
                return Result<InstanceMessage>(ResumeInstance{reason_of(fields), principal_of(request.http), 0});
              })});
  router.add({"POST",
              base + "/override",
              "overrideOutcome",
              "Replace the outcome of a decision or task, with a reason.",
              {},
              "Override",
              "Any",
              200,
              message_handler(context, fill_override)});
  router.add({"POST",
              base + "/bundle",
              "migrateInstance",
              "Move to another deployed bundle, if its replay agrees.",
              {},
              "Migrate",
              "Any",
              200,
              message_handler(context, [](const RoutedRequest& request, JsonFields& fields) {
                ChangeBundle message{fields.text("bundle").value_or(""), principal_of(request.http), 0};
                if (message.to.empty()) fields.refuse("bundle", "is missing", "give the SHA-256 of a deployed bundle");
                return Result<InstanceMessage>(std::move(message));
              })});
  router.add({"POST",
              "/v1/promises/{promise}",
              "settlePromise",
              "Settle a promise: a value, or a failure.",
              {},
              "Settlement",
              "Any",
              200,
              [&context](RoutedRequest request, Responder responder) {
                settle_promise(context, std::move(request), std::move(responder));
              }});
}

}  // namespace baton
