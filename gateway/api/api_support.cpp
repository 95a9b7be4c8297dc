#include "gateway/api/api_support.hpp"

#include <charconv>

#include "gateway/work/standing.hpp"
#include "runtime/clinical/json_value.hpp"

namespace baton {

Principal principal_of(const HttpRequest& request) {
  if (request.caller) return request.caller->principal;
  Principal principal;
  principal.kind = PrincipalKind::person;
  principal.subject = "unknown";
  principal.authentication = "none";
  add_circumstances(principal, request);
  return principal;
}

Standing standing_of(const ApiContext& context, const RoutedRequest& request) {
  return standing_of(request.http.caller.get(), context.roster, context.door.people, context.node.now());
}

// ---- bodies --------------------------------------------------------------------------------------------------------

Result<boost::json::object> read_object(const HttpRequest& request) {
  if (request.body.empty()) return boost::json::object();
  const std::string type = media_type_of(request.headers);
  // curl says it is a form when nobody told it otherwise; what it sends here is JSON all the same.
  const bool taken = type.empty() || type == "application/json" || type == "application/x-www-form-urlencoded" ||
                     type.ends_with("+json");
  if (!taken) {
    return Error{ErrorCode::unsupported_media_type, "'" + type + "' is not taken here", "send application/json"};
  }
  if (!is_valid_utf8(request.body)) return Error{ErrorCode::bad_text, "the body is not valid UTF-8", "send UTF-8"};
  auto document = parse_json_document(request.body);
  if (!document) return std::move(document).error();
  if (!document->is_object()) {
    return Error{ErrorCode::bad_field, "the body is JSON, but not an object", "send {...}; see /openapi.json"};
  }
  return std::move(document->as_object());
}

JsonText json_text_of(const boost::json::value* value) {
  JsonText text;
  if (value != nullptr && !append_json_value(text, *value)) text = "null";
  return text;
}

JsonText payload_of(JsonFields& fields, std::string_view name) {
  JsonText text = json_text_of(fields.value(name));
  if (text.size() <= limits::kPayloadSize) return text;
  fields.refuse(Error{ErrorCode::too_large, "'" + std::string(name) + "' is larger than 1 MiB",
                      "store it elsewhere and pass its address"});
  return {};
}

Status check_name(std::string_view field, std::string_view name) {
  const auto refuse = [&](const std::string& why) {
    return Error{ErrorCode::bad_field, "'" + std::string(field) + "' " + why, "send 1 to 200 bytes of plain text"};
  };
  if (name.empty()) return refuse("is missing or empty");
  if (name.size() > limits::kNameSize) return refuse("is longer than " + std::to_string(limits::kNameSize) + " bytes");
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return refuse("holds a control character");
  }
  if (name == "." || name == "..") return refuse("is a step of a path, which clients take out of an address");
  if (!is_valid_utf8(name))
    return Error{ErrorCode::bad_text, "'" + std::string(field) + "' is not valid UTF-8", "send UTF-8"};
  return success();
}

// ---- query parameters ----------------------------------------------------------------------------------------------

Result<std::optional<Duration>> duration_of_query(const RoutedRequest& request, std::string_view name, Duration most) {
  const std::string* text = request.find_query(name);
  if (text == nullptr) return std::optional<Duration>();
  auto duration = parse_duration(*text);
  if (!duration) return std::move(duration).error();
  return std::optional<Duration>(Duration{std::clamp<std::int64_t>(duration->ms, 0, most.ms)});
}

Result<std::optional<Instant>> instant_of_query(const RoutedRequest& request, std::string_view name) {
  const std::string* text = request.find_query(name);
  if (text == nullptr) return std::optional<Instant>();
  auto instant = parse_instant(*text);
  if (!instant) return std::move(instant).error();
  return std::optional<Instant>(*instant);
}

Result<std::optional<bool>> flag_of_query(const RoutedRequest& request, std::string_view name) {
  const std::string* text = request.find_query(name);
  if (text == nullptr) return std::optional<bool>();
  if (*text == "true") return std::optional<bool>(true);
  if (*text == "false") return std::optional<bool>(false);
  return Error{ErrorCode::bad_query, "'" + std::string(name) + "' is neither true nor false", "say true or false"};
}

std::string text_of_query(const RoutedRequest& request, std::string_view name) {
  const std::string* text = request.find_query(name);
  return text == nullptr ? std::string() : *text;
}

Result<PageRequest> page_of_query(const RoutedRequest& request) {
  PageRequest page;
  page.cursor = text_of_query(request, "cursor");
  if (const std::string* text = request.find_query("limit")) {
    const char* end = text->data() + text->size();
    const auto [parsed, error] = std::from_chars(text->data(), end, page.limit);
    if (error != std::errc() || parsed != end || page.limit == 0 || page.limit > limits::kPageSize) {
      return Error{ErrorCode::bad_query, "'limit' is not a number from 1 to " + std::to_string(limits::kPageSize),
                   "leave it out, or say limit=100"};
    }
  }
  return page;
}

std::vector<QueryRule> with_page_rules(std::vector<QueryRule> rules) {
  rules.insert(rules.end(), kPageRules.begin(), kPageRules.end());
  return rules;
}

// ---- answers -------------------------------------------------------------------------------------------------------

void send_json(Responder& responder, int status, JsonText json) {
  responder.send({status, "application/json", json.empty() ? JsonText("{}") : std::move(json), {}});
}

void send_error(Responder& responder, const Error& error) { responder.send(problem_of(error)); }

void submit_then(ApiContext& context, Responder responder, Request request, Answered then, Rider rider, Reached at) {
  context.node.submit(
      std::move(request),
      [shared = std::make_shared<Responder>(std::move(responder)), then = std::move(then)](Result<JsonText> answer) {
        then(shared, std::move(answer));
      },
      std::move(rider), at);
}

void submit(ApiContext& context, const RoutedRequest& from, Responder responder, Request request, int status,
            Refused refused) {
  submit_keyed(
      context, from, std::move(responder), std::move(request), status,
      [status, refused = std::move(refused)](const auto& responder_then, Result<JsonText> answer) {
        if (!answer && refused) return refused(responder_then, answer.error());
        if (!answer) return send_error(*responder_then, answer.error());
        send_json(*responder_then, status, std::move(*answer));
      },
      Reached::durable);
}

std::optional<Keyed> begin_keyed(ApiContext& context, const RoutedRequest& from, Responder responder, int status,
                                 Answered then) {
  const auto shared = std::make_shared<Responder>(std::move(responder));
  const auto give = [shared, then = std::move(then)](Result<JsonText> answer) { then(shared, std::move(answer)); };
  const std::string_view key = from.http.header("Idempotency-Key");
  if (key.empty()) return Keyed{give, {}};
  auto found = context.idempotency.look(from.http, key, context.node, give);
  if (!found) {
    send_error(*shared, found.error());
    return std::nullopt;
  }
  if (found->under_way) return std::nullopt;
  if (found->answer) {
    give(std::move(*found->answer));
    return std::nullopt;
  }
  return Keyed{[give, ticket = found->ticket, keys = &context.idempotency](const Result<JsonText>& answer) {
                 keys->finish(ticket, answer);
                 give(answer);
               },
               context.idempotency.rider(found->ticket, status, context.node)};
}

void submit_keyed(ApiContext& context, const RoutedRequest& from, Responder responder, Request request, int status,
                  Answered then, Reached at) {
  auto keyed = begin_keyed(context, from, std::move(responder), status, std::move(then));
  if (!keyed) return;
  if (keyed->rider) at = Reached::seen;
  context.node.submit(std::move(request), std::move(keyed->answer), std::move(keyed->rider), at);
}

void read_and_send(ApiContext& context, Responder responder, std::function<Result<JsonText>(const StoreReader&)> read) {
  context.reads.run(
      [&context, shared = std::make_shared<Responder>(std::move(responder)), read = std::move(read)](bool ok) {
        if (!ok) return send_error(*shared, {ErrorCode::overloaded, "too many searches wait already", "try again"});
        auto json = read(context.node.reader());
        if (!json) return send_error(*shared, json.error());
        send_json(*shared, 200, std::move(*json));
      });
}

}  // namespace baton
