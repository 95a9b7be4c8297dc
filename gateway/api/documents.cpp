// /openapi.json, made from the routes themselves and the schemas beside this file, and the pages of errors.
#include <algorithm>
#include <array>

#include "gateway/api/api_support.hpp"
#include "gateway/embedded/embedded_files.hpp"

namespace baton {
namespace {

bool is_media_type(std::string_view name) { return name.find('/') != std::string_view::npos; }

void write_schema(JsonWriter& writer, const std::string& name) {
  writer.key("schema").begin_object().field("$ref", "#/components/schemas/" + name).end_object();
}

void write_text(JsonWriter& writer, std::string_view media_type) {
  const char* const type = media_type.ends_with("+json") ? "object" : "string";
  writer.key(media_type).begin_object().key("schema").begin_object().field("type", type).end_object().end_object();
}

void write_content(JsonWriter& writer, const std::string& schema) {
  writer.key("content").begin_object();
  if (is_media_type(schema)) {
    for (std::string_view rest = schema; !rest.empty();) {
      const std::size_t comma = std::min(rest.find(", "), rest.size());
      write_text(writer, rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 2, rest.size()));
    }
  } else {
    writer.key("application/json").begin_object();
    write_schema(writer, schema);
    writer.end_object();
    if (schema == "Message") {
      for (const char* type : {"x-application/hl7-v2+er7", "text/plain"}) write_text(writer, type);
    }
  }
  writer.end_object();
}

void write_parameter(JsonWriter& writer, std::string_view name, const char* in, std::string_view description,
                     bool required) {
  writer.begin_object().field("name", name).field("in", in).flag("required", required);
  writer.optional_field("description", description);
  writer.key("schema").begin_object().field("type", "string").end_object().end_object();
}

// Where a second request is another one, does no harm, or is told from the first by what it names.
constexpr std::array<std::string_view, 11> kDoneAnew = {
    "beginWhatIf",   "breakGlass",    "breakGlassOfInstance", "endCover",   "endWhatIf",     "queryAudit",
    "queryInstance", "reassignTasks", "reviewRecord",         "stepWhatIf", "verifyEvidence"};

// What a second request with the same Idempotency-Key gets; empty where the header says nothing.
const char* on_second_time(std::string_view operation) {
  if (std::ranges::find(kDoneAnew, operation) != kDoneAnew.end()) return "";
  if (operation == "acceptMessage") return "The message_id of a JSON event that has none of its own.";
  if (operation == "createKey") return "The same key again makes no second one: 409 names the first, told once.";
  const RoutePermission* const needed = permission_of(operation);
  const bool of_people = needed == nullptr || needed->permission == "people.manage";
  const bool of_oneself = !of_people && (needed->permission == kPublic || needed->permission == kSignedIn);
  return of_people || of_oneself ? "" : "The same key and body again get the same answer.";
}

void write_parameters(JsonWriter& writer, const Route& route) {
  writer.key("parameters").begin_array();
  for (std::size_t from = route.path.find('{'); from != std::string::npos; from = route.path.find('{', from + 1)) {
    const std::size_t to = route.path.find('}', from);
    write_parameter(writer, route.path.substr(from + 1, to - from - 1), "path", "", true);
  }
  for (const QueryRule& rule : route.query) write_parameter(writer, rule.name, "query", rule.description, false);
  const bool changes = route.method != "GET";
  if (const char* again = on_second_time(route.operation); changes && *again != '\0') {
    write_parameter(writer, "Idempotency-Key", "header", again, false);
  }
  if (const RoutePermission* const needed = permission_of(route.operation); needed && needed->permission != kPublic) {
    write_parameter(writer, "X-Baton-Role", "header", "In which of the caller's roles.", false);
    write_parameter(writer, "X-Baton-Subject", "header", "For whom; only with the permission act.as.", false);
    write_parameter(writer, "X-Baton-Unit", "header", "In which unit; with X-Baton-Subject.", false);
    write_parameter(writer, "X-Baton-Purpose", "header", "What for, such as TREAT; it stands in the ledger.", false);
    if (changes) write_parameter(writer, "X-Baton-Csrf", "header", "The session's token; with its cookie.", false);
  }
  writer.end_array();
}

void write_operation(JsonWriter& writer, const Route& route) {
  std::string method = route.method;
  for (char& c : method) c = static_cast<char>(c + 32);
  writer.key(method).begin_object().field("operationId", route.operation).field("summary", route.summary);
  write_parameters(writer, route);
  if (const RoutePermission* permission = permission_of(route.operation)) {
    writer.field("x-permission", permission->permission);
    if (permission->fresh) writer.flag("x-fresh-sign-in", true);
    if (permission->permission == kPublic) writer.key("security").begin_array().end_array();
  }
  if (!route.body.empty()) {
    writer.key("requestBody").begin_object();
    write_content(writer, route.body);
    writer.end_object();
  }
  writer.key("responses").begin_object().key(std::to_string(route.status)).begin_object();
  writer.field("description", route.summary);
  write_content(writer, route.answer);
  writer.end_object();
  const bool waits =
      std::any_of(route.query.begin(), route.query.end(), [](const auto& rule) { return rule.name == "wait"; });
  if (waits) {  // 200 and 202 beside a start's 201: it has ended, or it had not when the time was up.
    const std::string& ended = route.status == 201 ? "InstanceResult" : route.answer;
    for (const char* status : {"200", "202"}) {
      if (status == std::to_string(route.status)) continue;
      writer.key(status).begin_object().field("description", "How it ended, or that it has not.");
      write_content(writer, ended);
      writer.end_object();
    }
  }
  if (route.method == "GET" && !is_media_type(route.answer)) {
    writer.key("304").begin_object();
    writer.field("description",
                 "Nothing has changed since the ETag that If-None-Match names. Answers about people have one.");
    writer.end_object();
  }
  writer.key("default").begin_object().field("description", "An error; its type is the path of its page.");
  writer.key("content").begin_object().key("application/problem+json").begin_object();
  write_schema(writer, "Problem");
  writer.end_object();
  if (route.answer == "text/html")
    write_text(writer, route.answer);  // Where a person did wrong, a page says so in words.
  writer.end_object().end_object();
  writer.end_object().end_object();
}

JsonText openapi_json(const HttpRouter& router) {
  std::map<std::string, std::vector<const Route*>> by_path;
  for (const auto& route : router.routes()) {
    if (!route->operation.empty()) by_path[route->path].push_back(route.get());
  }
  JsonWriter writer;
  writer.begin_object().field("openapi", "3.1.0").key("info").begin_object();
  writer.field("title", "Baton")
      .field("version", "1")
      .field("summary", "A durable workflow runtime for care handoffs.");
  writer.key("license").begin_object().field("name", "Apache-2.0").field("identifier", "Apache-2.0").end_object();
  writer.end_object().key("paths").begin_object();
  for (const auto& [path, routes] : by_path) {
    writer.key(path).begin_object();
    for (const Route* route : routes) write_operation(writer, *route);
    writer.end_object();
  }
  writer.end_object().key("components").begin_object();
  writer.json_field("schemas", embedded_file("gateway/api/schemas.json").value_or("{}"));
  writer.json_field("securitySchemes", R"({"bearer":{"type":"http","scheme":"bearer"},)"
                                       R"("session":{"type":"apiKey","in":"cookie","name":"__Host-baton-session"},)"
                                       R"("certificate":{"type":"mutualTLS"}})");
  writer.end_object().json_field("security", R"([{"bearer":[]},{"session":[]},{"certificate":[]}])").end_object();
  return std::move(writer).take();
}

}  // namespace

void add_document_routes(HttpRouter& router, ApiContext&) {
  router.add(
      {"GET",
       "/errors/{code}",
       "getErrorPage",
       "Cause and cure of an error.",
       {},
       "",
       "text/markdown",
       200,
       [](RoutedRequest request, Responder responder) {
         const auto page = embedded_file("docs/errors/" + request.at("code") + ".md");
         if (!page)
           return send_error(responder, {ErrorCode::not_found, "no error has this code", "codes are written as BT101"});
         responder.send({200, "text/markdown; charset=utf-8", std::string(*page), {}});
       }});
  auto document = std::make_shared<JsonText>();
  router.add({"GET",
              "/openapi.json",
              "getDocument",
              "This document.",
              {},
              "",
              "Any",
              200,
              [document](RoutedRequest, Responder responder) { send_json(responder, 200, *document); }});
  *document = openapi_json(router);
}

}  // namespace baton
