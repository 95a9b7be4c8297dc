// /v1/alerts: conditions that scripts tell people of, in three tiers; and how people take them.
#include <algorithm>
#include <map>

#include "gateway/api/reason.hpp"
#include "gateway/api/recorded_read.hpp"
#include "gateway/work/drift_watch.hpp"
#include "gateway/work/standing.hpp"

namespace baton {
namespace {

constexpr std::size_t kWatched = 20'000;  // Alerts that the figures look at.

Result<AlertFilter> read_filter(ApiContext& context, const RoutedRequest& request) {
  AlertFilter filter;
  if (const std::string* status = request.find_query("status")) {
    filter.status = alert_status_of(*status);
    if (!filter.status) {
      return Error{ErrorCode::bad_query, "'" + *status + "' is no status of an alert",
                   "open, acknowledged, dismissed, corrected or cleared"};
    }
  }
  if (const std::string* tier = request.find_query("tier")) {
    filter.tier = alert_tier_of(*tier);
    if (!filter.tier)
      return Error{ErrorCode::bad_query, "'" + *tier + "' is no tier", "suggestion, queued or interruption"};
  }
  const std::string roles = text_of_query(request, "role");
  for (std::size_t from = 0; from < roles.size();) {
    const std::size_t end = std::min(roles.find(',', from), roles.size());
    if (end > from) filter.roles.push_back(roles.substr(from, end - from));
    from = end + 1;
  }
  filter.subject = text_of_query(request, "subject");
  filter.instance = text_of_query(request, "instance");
  filter.name = text_of_query(request, "name");
  const auto pending = flag_of_query(request, "pending");
  if (!pending) return pending.error();
  // A suggestion waits for its batch: until then nobody is disturbed by it.
  if (!pending->value_or(false)) filter.shown_by = context.node.now();
  const Standing standing = standing_of(context, request);
  if (!standing.every_unit) filter.seen_units = standing.units;
  return filter;
}

void list(ApiContext& context, RoutedRequest request, Responder responder) {
  auto filter = read_filter(context, request);
  if (!filter) return send_error(responder, filter.error());
  auto page = page_of_query(request);
  if (!page) return send_error(responder, page.error());
  read_record_and_send(
      context, request.http, std::move(responder), "alerts",
      [filter = std::move(*filter), page = std::move(*page)](const StoreReader& reader) -> Result<PatientData> {
        auto found = reader.list_alerts(filter, page.cursor, page.limit);
        if (!found) return std::move(found).error();
        return patient_page(*found);
      });
}

void settle(ApiContext& context, const std::string& action, RoutedRequest request, Responder responder) {
  const auto id = parse_task_id(request.at("id"));
  if (!id)
    return send_error(responder,
                      {ErrorCode::not_found, "there is no alert '" + request.at("id") + "'", "see GET /v1/alerts"});
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  ActOnAlert message;
  message.number = id->second;
  message.action = action;
  message.reason = reason_of(fields);
  message.reason_code = fields.text("reason_code").value_or("");
  message.data = json_text_of(fields.value("value"));
  message.by = principal_of(request.http);
  const Standing standing = standing_of(context, request);
  message.units = standing.units;
  message.every_unit = standing.every_unit;
  const auto alert = context.node.reader().alert(id->first, id->second);
  if (alert.ok() && *alert && request.http.caller && request.http.header("X-Baton-Role").empty()) {
    for (const std::string& role : request.http.caller->roles) {
      if (std::find((*alert)->roles.begin(), (*alert)->roles.end(), role) == (*alert)->roles.end()) continue;
      message.by.role = role;
      break;
    }
  }
  if (Status status = fields.finish(); !status) return send_error(responder, status.error());
  submit(context, request, std::move(responder), InstanceRequest{id->first, std::move(message)});
}

// ---- how people take them ----------------------------------------------------------------------------------------------

struct Figures {
  std::int64_t told = 0, suppressed = 0, open = 0, acknowledged = 0, dismissed = 0, corrected = 0, cleared = 0;
  std::vector<std::int64_t> waited_ms;  // From being shown to being settled by a person.
};

void add(Figures& figures, const AlertRecord& alert) {
  figures.told += alert.fired;
  figures.suppressed += alert.suppressed;
  switch (alert.status) {
    case AlertStatus::open: ++figures.open; break;
    case AlertStatus::acknowledged: ++figures.acknowledged; break;
    case AlertStatus::dismissed: ++figures.dismissed; break;
    case AlertStatus::corrected: ++figures.corrected; break;
    case AlertStatus::cleared: ++figures.cleared; break;
  }
  if (alert.settled_at && !alert.settled_by.empty()) {
    figures.waited_ms.push_back(std::max<std::int64_t>(0, (*alert.settled_at - alert.show_at).ms));
  }
}

void write(JsonWriter& writer, const std::pair<std::string, std::string>& rule, Figures figures) {
  const std::int64_t settled = figures.acknowledged + figures.dismissed + figures.corrected;
  writer.begin_object().field("workflow", rule.first).field("name", rule.second);
  writer.field("told", figures.told).field("suppressed", figures.suppressed).field("backlog", figures.open);
  writer.field("acknowledged", figures.acknowledged).field("dismissed", figures.dismissed);
  writer.field("corrected", figures.corrected).field("cleared", figures.cleared);
  if (settled > 0) {
    writer.key("dismissal_rate").number(static_cast<double>(figures.dismissed) / static_cast<double>(settled));
    writer.key("correction_rate").number(static_cast<double>(figures.corrected) / static_cast<double>(settled));
    std::sort(figures.waited_ms.begin(), figures.waited_ms.end());
    writer.field("median_wait_ms", figures.waited_ms[figures.waited_ms.size() / 2]);
  }
  writer.end_object();
}

Result<JsonText> figures_of(const StoreReader& reader, Instant from) {
  std::map<std::pair<std::string, std::string>, Figures> all;
  bool truncated = false;
  const auto collect = [&](std::optional<AlertStatus> status) -> Status {
    AlertFilter filter;
    filter.status = status;
    filter.raised_from = from;
    std::string cursor;
    std::size_t seen = 0;
    do {
      const auto page = reader.list_alerts(filter, cursor, 1000);
      if (!page.ok()) return page.error();
      for (const AlertRecord& alert : page->items) add(all[{alert.workflow, alert.name}], alert);
      seen += page->items.size();
      cursor = page->cursor;
    } while (!cursor.empty() && seen < kWatched);
    truncated = truncated || !cursor.empty();
    return success();
  };
  for (const auto status :
       {std::optional<AlertStatus>(), std::optional(AlertStatus::acknowledged), std::optional(AlertStatus::dismissed),
        std::optional(AlertStatus::corrected), std::optional(AlertStatus::cleared)}) {
    if (Status done = collect(status); !done) return done.error();
  }
  JsonWriter writer;
  writer.begin_object().field("from", format_instant(from)).key("items").begin_array();
  for (auto& [rule, figures] : all) write(writer, rule, std::move(figures));
  writer.end_array().flag("truncated", truncated).end_object();
  return std::move(writer).take();
}

void watch(ApiContext& context, RoutedRequest request, Responder responder) {
  const auto window = duration_of_query(request, "window", Duration{366LL * 24 * 60 * 60 * 1000});
  if (!window) return send_error(responder, window.error());
  const Instant from = context.node.now() - window->value_or(Duration{7LL * 24 * 60 * 60 * 1000});
  read_and_send(context, std::move(responder), [from](const StoreReader& reader) { return figures_of(reader, from); });
}

void drifts(ApiContext& context, RoutedRequest, Responder responder) {
  read_and_send(context, std::move(responder), [&context](const StoreReader& reader) -> Result<JsonText> {
    const auto found = rule_drifts(reader, context.node.live_programs(), context.node.now());
    if (!found.ok()) return found.error();
    JsonWriter writer;
    writer.begin_object().key("items").begin_array();
    for (const RuleDrift& drift : *found) writer.value(to_json(drift));
    writer.end_array().end_object();
    return std::move(writer).take();
  });
}

}  // namespace

void add_alert_routes(HttpRouter& router, ApiContext& context) {
  router.add({"GET", "/v1/alerts", "listAlerts", "Alerts; without a status the open ones that are to be shown by now.",
              with_page_rules({{"status", "open, acknowledged, dismissed, corrected or cleared"},
                               {"tier", "suggestion, queued or interruption"},
                               {"role", "Alerts for this role, or one of several with commas between."},
                               {"subject", "Alerts for this person."},
                               {"instance", "Instance id: all of its alerts."},
                               {"name", "Name of the alert in its script."},
                               {"pending", "true: suggestions whose batch is still to come as well."}}),
              "", "AlertPage", 200, [&context](RoutedRequest request, Responder responder) {
                list(context, std::move(request), std::move(responder));
              }});
  router.add({"GET",
              "/v1/alert-figures",
              "getAlertFigures",
              "How people take alerts, by rule: told, suppressed, backlog, dismissal and correction rates.",
              {{"window", "How far back, such as 7d (the default)."}},
              "",
              "AlertFigures",
              200,
              [&context](RoutedRequest request, Responder responder) {
                watch(context, std::move(request), std::move(responder));
              }});
  router.add({"GET",
              "/v1/drift",
              "getDrift",
              "Rules whose outcomes people have replaced within the window of their workflow, and whether too often.",
              {},
              "",
              "DriftList",
              200,
              [&context](RoutedRequest request, Responder responder) {
                drifts(context, std::move(request), std::move(responder));
              }});
  for (const auto& [action, summary] : {std::pair{"acknowledge", "Seen, and seen to."},
                                        {"dismiss", "It helps nobody; with a reason."},
                                        {"correct", "What it says is not so; with what is."}}) {
    router.add({"POST",
                std::string("/v1/alerts/{id}/") + action,
                std::string(action) + "Alert",
                summary,
                {},
                "AlertAction",
                "Any",
                200,
                [&context, name = std::string(action)](RoutedRequest request, Responder responder) {
                  settle(context, name, std::move(request), std::move(responder));
                }});
  }
}

}  // namespace baton
