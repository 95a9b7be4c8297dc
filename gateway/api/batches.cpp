// /v1/batches: one action on many cases, incidents or tasks; first a preview that fixes what was counted.
#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <map>

#include "actors/batch_row.hpp"
#include "actors/bundle_registry.hpp"
#include "gateway/api/reason.hpp"
#include "gateway/api/recorded_read.hpp"
#include "gateway/auth/acting.hpp"

namespace baton {
namespace {

namespace json = boost::json;

constexpr std::size_t kChunk = 200;         // Items of a row, as docs/formats/batches.md says.
constexpr std::size_t kMostListed = 1'000;  // Batches of the list.

// What it takes to do to one thing what a batch does to many.
std::vector<std::string_view> permissions_for(std::string_view action) {
  if (action == "retry" || action == "skip") return {"incident.resolve"};
  if (action == "reassign") return {"task.assign", "task.every_unit"};
  return {action == "signal" ? "instance.signal" : "instance.control"};
}

std::optional<Error> refusal(const HttpRequest& http, std::string_view action) {
  for (const std::string_view permission : permissions_for(action)) {
    if (!http.caller || http.caller->may(permission)) continue;
    return Error{ErrorCode::no_permission, "this batch needs the right '" + std::string(permission) + "'",
                 "act in a role that has it; docs/SIGN_IN.md lists them"};
  }
  return std::nullopt;
}

JsonText body_text(const json::object& body) {
  const json::value value(body);
  return json_text_of(&value);
}

// How many cases a person has is personal data as well.
Status check_patient(const HttpRequest& http, const json::object& body) {
  const auto* const query = body.if_contains("query");
  if (query == nullptr || !query->is_object() || !query->get_object().contains("patient")) return success();
  return check_asks_for_patient(http.caller.get());
}

// Whose cases are among those that a preview shows.
std::vector<std::string> patients_of_sample(const JsonText& preview) {
  std::vector<std::string> patients;
  const auto parsed = parse_json_document(preview);
  const auto* const sample = parsed && parsed->is_object() ? parsed->get_object().if_contains("sample") : nullptr;
  if (sample == nullptr || !sample->is_array()) return patients;
  for (const json::value& each : sample->get_array()) {
    const auto* const patient = each.is_object() ? each.get_object().if_contains("patient") : nullptr;
    if (patient != nullptr && patient->is_string()) patients.emplace_back(patient->get_string());
  }
  return patients;
}

// A bundle that was never deployed: no case can move to it, so the preview says so before anybody begins.
Status check_bundle(const StoreReader& reader, const json::object& body) {
  const auto* with = body.if_contains("with");
  const auto* bundle = with != nullptr && with->is_object() ? with->get_object().if_contains("bundle") : nullptr;
  if (bundle == nullptr || !bundle->is_string() || bundle->get_string().empty()) return success();
  const std::string hash(bundle->get_string());
  const auto stored = stored_bundle(reader, hash);
  if (!stored) return stored.error();
  if (*stored) return success();
  return Error{ErrorCode::not_found, "no bundle with the hash '" + hash + "' was ever deployed here",
               "give all 64 digits, as 'baton deploy' printed them; see GET /v1/bundles"};
}

void send_request(ApiContext& context, const std::string& action, RoutedRequest request, Responder responder) {
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  if (action == "preview") {
    const auto* named = body->if_contains("action");
    const std::string name = named != nullptr && named->is_string() ? std::string(named->as_string()) : std::string();
    if (const auto refused = refusal(request.http, name)) return send_error(responder, *refused);
    if (Status status = check_patient(request.http, *body); !status) return send_error(responder, status.error());
    if (Status status = check_bundle(context.node.reader(), *body); !status)
      return send_error(responder, status.error());
  }
  if (Status reason = trim_reason(*body); !reason) return send_error(responder, reason.error());
  BatchRequest message{action, {}, body_text(*body), principal_of(request.http)};
  if (action == "preview") {
    return submit_keyed(context, request, std::move(responder), std::move(message), 200,
                        [&context, http = request.http](const auto& then, Result<JsonText> answer) {
                          if (!answer) return send_error(*then, answer.error());
                          AuditRecord record = read_record(http, "batches/preview");
                          set_patients(record, patients_of_sample(*answer));
                          if (record.patients.empty()) return send_json(*then, 200, std::move(*answer));
                          record_and_send(context, std::move(record), then, std::move(*answer));
                        });
  }
  if (action != "begin") message.id = request.at("id");
  if (action == "begin")
    message.refusal = [http = request.http](const std::string& name) { return refusal(http, name); };
  submit(context, request, std::move(responder), std::move(message), action == "begin" || action == "undo" ? 201 : 200);
}

// Begin, stop...: what one may do with a batch is what one may do to each of its things.
void change(ApiContext& context, const std::string& action, RoutedRequest request, Responder responder) {
  const auto text = context.node.reader().named("batches", request.at("id"));
  if (!text) return send_error(responder, text.error());
  if (!*text) {
    return send_error(responder,
                      {ErrorCode::not_found, "there is no batch '" + request.at("id") + "'", "see GET /v1/batches"});
  }
  const auto row = read_batch_row(**text);
  if (!row) return send_error(responder, row.error());
  if (const auto refused = refusal(request.http, row->action.name)) return send_error(responder, *refused);
  send_request(context, action, std::move(request), std::move(responder));
}

JsonText with_progress(const ApiContext& context, const std::string& id, std::string row) {
  const auto progress = context.node.batch_progress(id);
  if (!progress) return row;
  JsonWriter writer;
  writer.begin_object().field("taken", static_cast<std::int64_t>(progress->taken));
  writer.field("refused", static_cast<std::int64_t>(progress->refused));
  writer.field("in_flight", static_cast<std::int64_t>(progress->in_flight)).end_object();
  row.back() = ',';
  return row + "\"now\":" + writer.view() + "}";
}

Result<JsonText> list_json(const ApiContext& context, const StoreReader& reader) {
  auto rows = reader.named_all("batches");
  if (!rows) return rows.error();
  std::ranges::reverse(*rows);
  JsonWriter writer;
  writer.begin_object().key("items").begin_array();
  for (std::size_t i = 0; i < std::min(rows->size(), kMostListed); ++i) {
    writer.value(with_progress(context, (*rows)[i].first, (*rows)[i].second));
  }
  writer.end_array().end_object();
  return std::move(writer).take();
}

// What became of each item of one chunk; "waiting" behind the batch's position.
Status write_chunk(JsonWriter& writer, const StoreReader& reader, const BatchRow& row, std::uint64_t chunk,
                   const std::string& only) {
  const auto text = reader.named("batch_items", batch_key(row.id, chunk));
  if (!text) return text.error();
  const auto noted = reader.named("batch_results", batch_key(row.id, chunk));
  if (!noted) return noted.error();
  const auto items = read_batch_items(text->value_or("[]"));
  if (!items) return items.error();
  std::map<std::uint64_t, json::object> results;
  const auto parsed = parse_json_document(noted->value_or("[]"));
  if (parsed && parsed->is_array()) {
    for (const json::value& each : parsed->get_array()) {
      results.emplace(static_cast<std::uint64_t>(each.at("position").as_int64()), each.as_object());
    }
  }
  for (std::size_t i = 0; i < items->size(); ++i) {
    const std::uint64_t position = chunk * kChunk + i;
    const auto result = results.find(position);
    const std::string state = result != results.end()   ? std::string(result->second.at("state").as_string())
                              : position < row.position ? "done"
                                                        : "waiting";
    if (!only.empty() && state != only) continue;
    writer.begin_object().field("id", (*items)[i].id).field("state", state);
    if (result != results.end()) {
      for (const char* name : {"code", "detail"}) {
        if (const auto* value = result->second.if_contains(name)) writer.field(name, std::string(value->as_string()));
      }
    }
    writer.end_object();
  }
  return success();
}

Result<JsonText> items_json(const StoreReader& reader, const std::string& id, const std::string& only,
                            const PageRequest& page) {
  const auto text = reader.named("batches", id);
  if (!text) return text.error();
  if (!*text) return Error{ErrorCode::not_found, "there is no batch '" + id + "'", "see GET /v1/batches"};
  const auto row = read_batch_row(**text);
  if (!row) return row.error();
  std::uint64_t chunk = 0;
  const auto [end, wrong] = std::from_chars(page.cursor.data(), page.cursor.data() + page.cursor.size(), chunk);
  if (!page.cursor.empty() && (wrong != std::errc() || end != page.cursor.data() + page.cursor.size())) {
    return Error{ErrorCode::bad_cursor, "this cursor is not one of a batch's items", "begin without one"};
  }
  const std::uint64_t last =
      std::min<std::uint64_t>((row->count + kChunk - 1) / kChunk, chunk + (page.limit + kChunk - 1) / kChunk);
  JsonWriter writer;
  writer.begin_object().key("items").begin_array();
  for (; chunk < last; ++chunk) {
    if (Status status = write_chunk(writer, reader, *row, chunk, only); !status) return status.error();
  }
  writer.end_array();
  if (chunk * kChunk < row->count) writer.field("next", std::to_string(chunk));
  writer.end_object();
  return std::move(writer).take();
}

void list_items(ApiContext& context, RoutedRequest request, Responder responder) {
  auto page = page_of_query(request);
  if (!page) return send_error(responder, page.error());
  const std::string state = text_of_query(request, "state");
  constexpr std::array<std::string_view, 5> kStates = {"", "done", "unchanged", "refused", "waiting"};
  if (std::ranges::find(kStates, state) == kStates.end()) {
    return send_error(responder, {ErrorCode::bad_query, "'" + state + "' is no state of a batch's item",
                                  "done, unchanged, refused or waiting"});
  }
  read_and_send(context, std::move(responder), [id = request.at("id"), state, page = *page](const StoreReader& reader) {
    return items_json(reader, id, state, page);
  });
}

}  // namespace

void add_batch_routes(HttpRouter& router, ApiContext& context) {
  const auto sending = [&context](std::string action) {
    return [&context, action = std::move(action)](RoutedRequest request, Responder responder) {
      send_request(context, action, std::move(request), std::move(responder));
    };
  };
  const auto changing = [&context](std::string action) {
    return [&context, action = std::move(action)](RoutedRequest request, Responder responder) {
      change(context, action, std::move(request), std::move(responder));
    };
  };
  router.add({"POST",
              "/v1/batches/preview",
              "previewBatch",
              "Count what a batch would act on. The token that is answered fixes what was counted, for 15 minutes.",
              {},
              "BatchPreviewRequest",
              "BatchPreview",
              200,
              sending("preview")});
  router.add({"POST",
              "/v1/batches",
              "beginBatch",
              "Begin a batch that was previewed.",
              {},
              "BatchBegin",
              "Batch",
              201,
              sending("begin")});
  router.add({"GET",
              "/v1/batches",
              "listBatches",
              "The latest batches, newest first, with how far they are.",
              {},
              "",
              "BatchPage",
              200,
              [&context](RoutedRequest, Responder responder) {
                read_and_send(context, std::move(responder),
                              [&context](const StoreReader& reader) { return list_json(context, reader); });
              }});
  router.add({"GET",
              "/v1/batches/{id}",
              "getBatch",
              "One batch, and how far it is.",
              {},
              "",
              "Batch",
              200,
              [&context](RoutedRequest request, Responder responder) {
                read_and_send(
                    context, std::move(responder),
                    [&context, id = request.at("id")](const StoreReader& reader) -> Result<JsonText> {
                      auto row = reader.named("batches", id);
                      if (!row) return row.error();
                      if (*row) return with_progress(context, id, std::move(**row));
                      return Error{ErrorCode::not_found, "there is no batch '" + id + "'", "see GET /v1/batches"};
                    });
              }});
  router.add({"GET", "/v1/batches/{id}/items", "listBatchItems", "What became of each thing, in order.",
              with_page_rules({{"state", "Only those: done, unchanged, refused or waiting."}}), "", "BatchItemPage",
              200, [&context](RoutedRequest request, Responder responder) {
                list_items(context, std::move(request), std::move(responder));
              }});
  router.add({"POST",
              "/v1/batches/{id}/stop",
              "stopBatch",
              "Act on nothing more. What is done stays done.",
              {},
              "Reason",
              "Batch",
              200,
              changing("stop")});
  router.add({"POST",
              "/v1/batches/{id}/resume",
              "resumeBatch",
              "Go on with a batch that was stopped, where it stopped.",
              {},
              "Reason",
              "Batch",
              200,
              changing("go_on")});
  router.add({"POST",
              "/v1/batches/{id}/undo",
              "undoBatch",
              "Take back what a batch has done, by another batch: of pauses, resumptions and reassignments.",
              {},
              "Reason",
              "Batch",
              201,
              changing("undo")});
}

}  // namespace baton
