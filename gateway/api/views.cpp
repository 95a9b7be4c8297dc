// /v1/me/views: filters that a person keeps under a name, to find them again at any screen.
//
//   named row "views": <subject> U+001F <name> -> {"place","query"}
#include <algorithm>

#include "gateway/api/api_support.hpp"

namespace baton {
namespace {

constexpr std::size_t kMostViews = 100;       // Of one person.
constexpr std::size_t kMostQuery = 4u << 10;  // Bytes of what a view asks for.
constexpr char kSeparator = '\x1f';           // In no name: check_name refuses control characters.

std::string prefix_of(const HttpRequest& request) { return principal_of(request).subject + kSeparator; }

AuditRecord record_of(const HttpRequest& request, std::string outcome) {
  AuditRecord record;
  record.action = action::kUserChanged;
  record.by = principal_of(request);
  record.object = record.by.subject;
  record.outcome = std::move(outcome);
  return record;
}

Result<JsonText> list_json(const StoreReader& reader, const std::string& prefix) {
  const auto rows = reader.named_all("views", prefix);
  if (!rows) return rows.error();
  JsonWriter writer;
  writer.begin_object().key("items").begin_array();
  for (const auto& [key, row] : *rows) {
    writer.begin_object().field("name", key.substr(prefix.size())).json_field("view", row).end_object();
  }
  writer.end_array().end_object();
  return std::move(writer).take();
}

void list_views(ApiContext& context, RoutedRequest request, Responder responder) {
  read_and_send(context, std::move(responder),
                [prefix = prefix_of(request.http)](const StoreReader& reader) { return list_json(reader, prefix); });
}

Result<JsonText> read_view(const HttpRequest& request) {
  auto body = read_object(request);
  if (!body) return std::move(body).error();
  JsonFields fields(*body, "", ErrorCode::bad_field);
  const std::string place = fields.text("place").value_or("");
  if (place.empty() || place.size() > limits::kNameSize)
    fields.refuse("place", "is missing, empty or too long", "say which list it filters: board");
  const boost::json::value* const query = fields.value("query");
  if (query == nullptr || !query->is_object()) fields.refuse("query", "is missing", "give what it asks for: {..}");
  if (Status status = fields.finish(); !status) return status.error();
  JsonText asked = json_text_of(query);
  if (asked.size() > kMostQuery) return Error{ErrorCode::too_large, "the query has more than 4 KiB", "ask for less"};
  JsonWriter writer;
  writer.begin_object().field("place", place).json_field("query", asked).end_object();
  return std::move(writer).take();
}

// Sends what is kept now, once the change is durable.
void write(ApiContext& context, const HttpRequest& request, const std::string& name, std::optional<JsonText> view,
           const std::shared_ptr<Responder>& then) {
  const std::string prefix = prefix_of(request);
  AuditRecord record = record_of(request, view ? "view kept" : "view dropped");
  context.node.submit(RecordAccess{{PutNamed{"views", prefix + name, std::move(view)}}, std::move(record)},
                      [&context, prefix, then](const Result<JsonText>& written) {
                        if (!written.ok()) return send_error(*then, written.error());
                        const auto json = list_json(context.node.reader(), prefix);
                        if (!json.ok()) return send_error(*then, json.error());
                        send_json(*then, 200, *json);
                      });
}

void keep_view(ApiContext& context, RoutedRequest request, Responder responder) {
  const std::string name = request.at("name");
  if (Status status = check_name("name", name); !status) return send_error(responder, status.error());
  auto view = read_view(request.http);
  if (!view) return send_error(responder, view.error());
  context.reads.run([&context, http = std::move(request.http), name, view = *std::move(view),
                     then = std::make_shared<Responder>(std::move(responder))](bool ok) {
    if (!ok) return send_error(*then, {ErrorCode::overloaded, "too many searches wait already", "try again"});
    const std::string prefix = prefix_of(http);
    const auto kept = context.node.reader().named_all("views", prefix);
    if (!kept.ok()) return send_error(*then, kept.error());
    const bool is_new =
        std::ranges::find(*kept, prefix + name, [](const auto& row) { return row.first; }) == kept->end();
    if (is_new && kept->size() >= kMostViews)
      return send_error(*then, {ErrorCode::too_large, "you keep 100 views already", "drop one that you do not need"});
    write(context, http, name, view, then);
  });
}

void drop_view(ApiContext& context, RoutedRequest request, Responder responder) {
  write(context, request.http, request.at("name"), std::nullopt, std::make_shared<Responder>(std::move(responder)));
}

}  // namespace

void add_view_routes(HttpRouter& router, ApiContext& context) {
  const auto bind = [&context](auto handler) {
    return [&context, handler](RoutedRequest request, Responder responder) {
      handler(context, std::move(request), std::move(responder));
    };
  };
  router.add({"GET",
              "/v1/me/views",
              "listViews",
              "Filters that you keep, by name. Nobody else sees them.",
              {},
              "",
              "ViewList",
              200,
              bind(list_views)});
  router.add({"PUT",
              "/v1/me/views/{name}",
              "keepView",
              "Keep a filter under a name, in place of what that name had.",
              {},
              "View",
              "ViewList",
              200,
              bind(keep_view)});
  router.add(
      {"DELETE", "/v1/me/views/{name}", "dropView", "Keep it no longer.", {}, "", "ViewList", 200, bind(drop_view)});
}

}  // namespace baton
