// /v1/bundles: what is deployed, deploying, and checking open instances against a bundle that is not live.
#include "actors/bundle_registry.hpp"
#include "gateway/api/recorded_read.hpp"

namespace baton {
namespace {

// A bundle's files may be written to disk by whoever reads them: none of their paths leads out of its folder.
bool stays_inside(std::string_view path) {
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view step = path.substr(0, slash);
    if (step.empty() || step == "." || step == "..") return false;
    if (slash == path.npos) return true;
    path.remove_prefix(slash + 1);
  }
}

// {"name":..,"files":{"workflows/x.lua":"..",..}}
Result<std::pair<std::string, BundleFiles>> read_bundle(JsonFields& fields) {
  std::string name = fields.text("name").value_or("");
  if (Status status = check_name("name", name); !status) return status.error();
  const boost::json::value* given = fields.value("files");
  if (given == nullptr || !given->is_object()) {
    return Error{ErrorCode::bad_field, "'files' is not an object", "map each path in the bundle to its text"};
  }
  BundleFiles files;
  for (const auto& [path, text] : given->as_object()) {
    if (!text.is_string()) {
      return Error{ErrorCode::bad_field, "the file '" + std::string(path) + "' is not text",
                   "send each file's content as a string"};
    }
    if (!stays_inside(path)) {
      return Error{ErrorCode::bad_bundle, "'" + std::string(path) + "' is no path of a bundle",
                   "write it as workflows/name.lua"};
    }
    files.emplace(std::string(path), std::string(text.as_string()));
  }
  // Live under a name, it would take that name's workflows away.
  if (files.empty()) return Error{ErrorCode::bad_bundle, "the bundle has no files", "send at least workflows/name.lua"};
  return std::pair(std::move(name), std::move(files));
}

void deploy(ApiContext& context, RoutedRequest request, Responder responder) {
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  auto bundle = read_bundle(fields);
  if (!bundle) return send_error(responder, bundle.error());
  DeployRequest deploy{std::move(bundle->first), std::move(bundle->second), principal_of(request.http)};
  if (fields.boolean("accept_findings").value_or(false)) deploy.findings = DeployRequest::Findings::accept;
  if (Status status = fields.finish(); !status) return send_error(responder, status.error());
  submit(context, request, std::move(responder), std::move(deploy), 201);
}

void check(ApiContext& context, RoutedRequest request, Responder responder) {
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  auto bundle = read_bundle(fields);
  if (!bundle) return send_error(responder, bundle.error());
  if (Status status = fields.finish(); !status) return send_error(responder, status.error());
  submit_keyed(context, request, std::move(responder),
               CheckRequest{std::move(bundle->first), std::move(bundle->second)}, 200,
               [&context, http = request.http](const auto& then, Result<JsonText> answer) {
                 if (!answer) return send_error(*then, answer.error());
                 // A script's own words may be about anybody.
                 if (answer->find("\"told\":") == std::string::npos) return send_json(*then, 200, std::move(*answer));
                 record_and_send(context, read_record(http, "bundles/check"), then, std::move(*answer));
               });
}

void write_program(JsonWriter& writer, const Program& program) {
  writer.begin_object().field("name", program.name()).field("hash", program.hash()).key("workflows").begin_array();
  for (const WorkflowDefinition& workflow : program.workflows()) {
    writer.begin_object().field("name", workflow.name).field("module", workflow.module).key("on").begin_array();
    for (const std::string& event : workflow.on_events) writer.string(event);
    writer.end_array().optional_field("key", workflow.on_key).key("search").begin_object();
    for (const auto& [name, type] : workflow.search) writer.field(name, type);
    writer.end_object().key("queries").begin_array();
    for (const std::string& query : workflow.queries) writer.string(query);
    writer.end_array().key("updates").begin_array();
    for (const std::string& update : workflow.updates) writer.string(update);
    writer.end_array().end_object();
  }
  writer.end_array().key("mappings").begin_array();
  for (const MappingDefinition& mapping : program.mappings()) {
    writer.begin_object().field("name", mapping.name).field("format", mapping.format).key("types").begin_array();
    for (const std::string& type : mapping.types) writer.string(type);
    writer.end_array().end_object();
  }
  writer.end_array().end_object();
}

Result<JsonText> list_json(const std::vector<std::shared_ptr<const Program>>& live, const StoreReader& reader) {
  const auto deployments = reader.named_all("deployments", "at/");
  if (!deployments) return deployments.error();
  JsonWriter writer;
  writer.begin_object().key("items").begin_array();
  for (const auto& program : live) write_program(writer, *program);
  writer.end_array().key("deployments").begin_array();
  for (const auto& [key, value] : *deployments) writer.value(value);
  writer.end_array().end_object();
  return std::move(writer).take();
}

void write_files(JsonWriter& writer, const BundleFiles& files) {
  writer.key("files").begin_object();
  for (const auto& [path, text] : files) writer.field(path, text);
  writer.end_object();
}

Result<JsonText> one_json(const std::vector<std::shared_ptr<const Program>>& live, const StoreReader& reader,
                          const std::string& hash) {
  for (const auto& program : live) {
    if (program->hash() != hash) continue;
    JsonWriter writer;
    write_program(writer, *program);
    std::string json = std::move(writer).take();
    json.pop_back();
    JsonWriter files;
    files.begin_object().flag("live", true);
    write_files(files, program->files());
    files.end_object();
    return json + "," + files.view().substr(1);
  }
  const auto stored = stored_bundle(reader, hash);
  if (!stored) return stored.error();
  if (!*stored) {
    return Error{ErrorCode::not_found, "no bundle with this hash was ever deployed here", "see GET /v1/bundles"};
  }
  JsonWriter writer;
  writer.begin_object().field("name", (*stored)->name).field("hash", hash).flag("live", false);
  write_files(writer, (*stored)->files);
  writer.end_object();
  return std::move(writer).take();
}

}  // namespace

void add_bundle_routes(HttpRouter& router, ApiContext& context) {
  router.add({"GET",
              "/v1/bundles",
              "listBundles",
              "The live bundles, and every deployment so far.",
              {},
              "",
              "BundleList",
              200,
              [&context](RoutedRequest, Responder responder) {
                read_and_send(context, std::move(responder), [&context](const StoreReader& reader) {
                  return list_json(context.node.live_programs(), reader);
                });
              }});
  router.add(
      {"POST",
       "/v1/bundles",
       "deployBundle",
       "Make a bundle live. Running instances stay on theirs. Refused with BT317 when some of them could not move "
       "to it, unless accept_findings is true; what the check found is in the ledger either way.",
       {},
       "Bundle",
       "Deployed",
       201,
       [&context](RoutedRequest request, Responder responder) {
         deploy(context, std::move(request), std::move(responder));
       }});
  router.add({"GET",
              "/v1/bundles/{hash}",
              "getBundle",
              "One bundle that is or was live, with its sources.",
              {},
              "",
              "Report",
              200,
              [&context](RoutedRequest request, Responder responder) {
                read_and_send(context, std::move(responder),
                              [&context, hash = request.at("hash")](const StoreReader& reader) {
                                return one_json(context.node.live_programs(), reader, hash);
                              });
              }});
  router.add({"POST",
              "/v1/bundles/check",
              "checkBundle",
              "Replay every open instance against a bundle that is not live, and report on each.",
              {},
              "Bundle",
              "CheckReport",
              200,
              [&context](RoutedRequest request, Responder responder) {
                check(context, std::move(request), std::move(responder));
              }});
  router.add({"GET",
              "/v1/bundles/reports/{hash}",
              "getCheckReport",
              "What the check of a deployment found, by the SHA-256 that its history and the ledger name.",
              {},
              "",
              "CheckReport",
              200,
              [&context](RoutedRequest request, Responder responder) {
                read_and_send(context, std::move(responder),
                              [hash = request.at("hash")](const StoreReader& reader) -> Result<JsonText> {
                                auto report = reader.named("deployments", "report/" + hash);
                                if (!report) return report.error();
                                if (*report) return JsonText(**report);
                                return Error{ErrorCode::not_found, "no check has a report with this hash",
                                             "see deployments in GET /v1/bundles; only a check that found something "
                                             "has a report"};
                              });
              }});
}

}  // namespace baton
