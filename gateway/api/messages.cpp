// /v1/messages: raw input from outside, and the quarantine for what could not be understood. A message's id in a path is
// its source and its id there, each one segment: /v1/messages/{source}/{id}.
#include "gateway/api/reason.hpp"
#include "gateway/api/recorded_read.hpp"

namespace baton {
namespace {

constexpr std::string_view kHl7Type = "x-application/hl7-v2+er7";

// {"source":..,"message_id":..,...}: a canonical event, with who sends it and how they call it.
Result<AcceptRequest> read_json_message(const HttpRequest& http) {
  auto body = read_object(http);
  if (!body) return std::move(body).error();
  AcceptRequest accept;
  accept.format = "json";
  const auto text_at = [&](std::string_view name) {
    const auto* value = body->if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
  };
  accept.source = text_at("source");
  accept.message_id = text_at("message_id");
  if (accept.message_id.empty()) accept.message_id = http.header("Idempotency-Key");
  if (Status status = check_name("source", accept.source); !status) return status.error();
  if (Status status = check_name("message_id", accept.message_id); !status) return status.error();
  accept.raw = http.body;
  return accept;
}

void accept(ApiContext& context, RoutedRequest request, Responder responder) {
  const std::string type = media_type_of(request.http.headers);
  AcceptRequest accept;
  if (type == kHl7Type || type == "text/plain" || type == "application/hl7-v2") {
    if (request.http.body.empty()) {
      return send_error(responder, {ErrorCode::bad_hl7, "the body is empty", "send one HL7 v2 message"});
    }
    accept.format = "hl7v2";
    accept.raw = request.http.body;
  } else if (type.empty() || type == "application/json") {
    auto read = read_json_message(request.http);
    if (!read) return send_error(responder, read.error());
    accept = std::move(*read);
  } else {
    return send_error(responder, {ErrorCode::unsupported_media_type, "'" + type + "' is not taken here",
                                  "send " + std::string(kHl7Type) + " or application/json"});
  }
  accept.by = principal_of(request.http);
  submit_then(context, std::move(responder), std::move(accept), [](const auto& then, Result<JsonText> answer) {
    if (!answer) return send_error(*then, answer.error());
    send_json(*then, 200, std::move(*answer));
  });
}

// A message that could not be mapped may be anybody's: its read is recorded even so.
Result<PatientData> of_messages(const StoreReader& reader, JsonText json, const std::vector<MessageRecord>& messages) {
  PatientData data{std::move(json), {}, {}, {}, !messages.empty()};
  for (const MessageRecord& message : messages) {
    for (const std::string& id : message.events) {
      const auto event = reader.event(id);
      if (!event && event.error().code == ErrorCode::erased) continue;  // Of somebody who is nobody any more.
      if (!event) return event.error();
      if (*event) data.patients.push_back((*event)->patient);
    }
  }
  return data;
}

void list(ApiContext& context, RoutedRequest request, Responder responder) {
  std::string state = text_of_query(request, "state");
  if (state.empty()) state = "quarantined";
  if (state != "quarantined" && state != "accepted" && state != "discarded") {
    return send_error(responder, {ErrorCode::bad_query, "'" + state + "' is no state of a message",
                                  "quarantined, accepted or discarded"});
  }
  auto page = page_of_query(request);
  if (!page) return send_error(responder, page.error());
  read_record_and_send(context, request.http, std::move(responder), "messages",
                       [state, page = *page](const StoreReader& reader) -> Result<PatientData> {
                         auto found = reader.messages(state, page.cursor, page.limit);
                         if (!found) return std::move(found).error();
                         return of_messages(reader, page_json(*found), found->items);
                       });
}

void get(ApiContext& context, RoutedRequest request, Responder responder) {
  const std::string source = request.at("source");
  const std::string id = request.at("id");
  read_record_and_send(context, request.http, std::move(responder), "message/" + source + "/" + id,
                       [source, id](const StoreReader& reader) -> Result<PatientData> {
                         const auto message = reader.message(source, id);
                         if (!message) return message.error();
                         if (!*message) {
                           return Error{ErrorCode::not_found, "there is no message '" + id + "' from '" + source + "'",
                                        "see GET /v1/messages"};
                         }
                         return of_messages(reader, to_json(**message), {**message});
                       });
}

void replay(ApiContext& context, RoutedRequest request, Responder responder) {
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  ReplayMessage replay{request.at("source"), request.at("id"), fields.text("edited").value_or(""), reason_of(fields),
                       principal_of(request.http)};
  if (Status status = fields.finish(); !status) return send_error(responder, status.error());
  submit(context, request, std::move(responder), std::move(replay));
}

void discard(ApiContext& context, RoutedRequest request, Responder responder) {
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  DiscardMessage discard{request.at("source"), request.at("id"), reason_of(fields), principal_of(request.http)};
  if (discard.reason.empty()) fields.refuse("reason", "is missing", "say why the message is not needed");
  if (Status status = fields.finish(); !status) return send_error(responder, status.error());
  submit(context, request, std::move(responder), std::move(discard));
}

}  // namespace

void add_message_routes(HttpRouter& router, ApiContext& context) {
  const auto bind = [&context](auto handler) {
    return [&context, handler](RoutedRequest request, Responder responder) {
      handler(context, std::move(request), std::move(responder));
    };
  };
  router.add({"POST",
              "/v1/messages",
              "acceptMessage",
              "Take one HL7 v2 message or one JSON event: stored first, then mapped, then answered. The cases that it "
              "starts are "
              "there some milliseconds after the answer.",
              {},
              "Message",
              "Accepted",
              200,
              bind(accept)});
  router.add({"GET", "/v1/messages", "listMessages",
              "Messages by state, newest first; the quarantine if no state is given.",
              with_page_rules({{"state", "quarantined, accepted or discarded"}}), "", "MessagePage", 200, bind(list)});
  router.add({"GET",
              "/v1/messages/{source}/{id}",
              "getMessage",
              "One message, byte for byte.",
              {},
              "",
              "StoredMessage",
              200,
              bind(get)});
  router.add({"POST",
              "/v1/messages/{source}/{id}/replay",
              "replayMessage",
              "Map a quarantined message again, perhaps edited; 409 once it has left the quarantine.",
              {},
              "Replay",
              "Reviewed",
              200,
              bind(replay)});
  router.add({"POST",
              "/v1/messages/{source}/{id}/discard",
              "discardMessage",
              "Give a quarantined message up, with a reason; 409 once it has left the quarantine.",
              {},
              "Reason",
              "Reviewed",
              200,
              bind(discard)});
}

}  // namespace baton
