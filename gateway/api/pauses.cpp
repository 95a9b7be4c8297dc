// /v1/pauses: pauses until further notice, of a workflow, a bundle or a unit.
#include <algorithm>

#include "gateway/api/api_support.hpp"
#include "gateway/api/reason.hpp"

namespace baton {
namespace {

constexpr std::size_t kNamed = 20;  // Cases with something in flight that are named.

JsonText with_progress(const ApiContext& context, const std::string& id, std::string row) {
  const auto progress = context.node.pause_progress(id);
  if (!progress) return row;
  JsonWriter writer;
  writer.begin_object().field("paused", static_cast<std::int64_t>(progress->paused));
  writer.field("in_flight", static_cast<std::int64_t>(progress->instances.size())).key("instances").begin_array();
  for (std::size_t i = 0; i < std::min(kNamed, progress->instances.size()); ++i) writer.string(progress->instances[i]);
  writer.end_array().end_object();
  row.back() = ',';
  return row + "\"now\":" + writer.view() + "}";
}

Result<JsonText> list_json(const ApiContext& context, const StoreReader& reader) {
  auto rows = reader.named_all("standing_pauses");
  if (!rows) return rows.error();
  std::ranges::reverse(*rows);
  JsonWriter writer;
  writer.begin_object().key("items").begin_array();
  for (auto& [id, row] : *rows) writer.value(with_progress(context, id, std::move(row)));
  writer.end_array().end_object();
  return std::move(writer).take();
}

Result<JsonText> one_json(const ApiContext& context, const StoreReader& reader, const std::string& id) {
  auto row = reader.named("standing_pauses", id);
  if (!row) return row.error();
  if (*row) return with_progress(context, id, std::move(**row));
  return Error{ErrorCode::not_found, "there is no standing pause '" + id + "'", "see GET /v1/pauses"};
}

void ask(ApiContext& context, const std::string& action, RoutedRequest request, Responder responder) {
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  if (Status reason = trim_reason(*body); !reason) return send_error(responder, reason.error());
  const boost::json::value value(std::move(*body));
  PauseRequest message{action, {}, json_text_of(&value), principal_of(request.http)};
  if (action == "end") message.id = request.at("id");
  submit(context, request, std::move(responder), std::move(message), action == "begin" ? 201 : 200);
}

}  // namespace

void add_pause_routes(HttpRouter& router, ApiContext& context) {
  router.add({"GET",
              "/v1/pauses",
              "listPauses",
              "Pauses until further notice, newest first, and which are quiet.",
              {},
              "",
              "PausePage",
              200,
              [&context](RoutedRequest, Responder responder) {
                read_and_send(context, std::move(responder),
                              [&context](const StoreReader& reader) { return list_json(context, reader); });
              }});
  router.add({"POST",
              "/v1/pauses",
              "beginPause",
              "Hold back every case of a workflow, a bundle or a unit, those that begin included, until this is ended.",
              {},
              "PauseBegin",
              "Pause",
              201,
              [&context](RoutedRequest request, Responder responder) {
                ask(context, "begin", std::move(request), std::move(responder));
              }});
  router.add({"GET",
              "/v1/pauses/{id}",
              "getPause",
              "One of them; quiet when nothing is in flight any more.",
              {},
              "",
              "Pause",
              200,
              [&context](RoutedRequest request, Responder responder) {
                read_and_send(context, std::move(responder),
                              [&context, id = request.at("id")](const StoreReader& reader) {
                                return one_json(context, reader, id);
                              });
              }});
  router.add({"POST",
              "/v1/pauses/{id}/end",
              "endPause",
              "Let the cases that it holds back go on. One that is ending or has ended is answered as it stands.",
              {},
              "Reason",
              "Pause",
              200,
              [&context](RoutedRequest request, Responder responder) {
                ask(context, "end", std::move(request), std::move(responder));
              }});
}

}  // namespace baton
