// /v1/metrics/overrides: how often people replaced outcomes, on each day and of each rule. From the ledger, since an override
// is a record there and nowhere else.
#include "gateway/api/board.hpp"

#include "gateway/api/api_support.hpp"
#include "persistence/sql/audit_sql.hpp"
#include "runtime/model/own_document.hpp"

namespace baton {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::size_t kMostRows = 10'000;

constexpr std::string_view kByDay =
    "SELECT substr(at, 1, 10), workflow, rule, count(*) FROM overrides WHERE at >= :from GROUP BY 1, 2, 3 ORDER BY 1";

// Decisions are counted of those rules only that somebody has overridden, however many others there are.
constexpr std::string_view kByRule =
    "WITH o AS (SELECT workflow, rule, count(*) AS overrides, sum(EXISTS (SELECT 1 FROM overrides l WHERE l.instance = "
    "v.instance AND l.object = v.object AND l.idx > v.idx)) AS reversed FROM overrides v WHERE at >= :from GROUP BY 1, "
    "2) "
    "SELECT o.workflow, o.rule, o.overrides, (SELECT count(*) FROM decisions d WHERE d.rule = o.rule AND d.workflow = "
    "o.workflow AND d.at >= :from), o.reversed FROM o ORDER BY 3 DESC";

Status write_rows(JsonWriter& writer, std::string_view name, const StoreReader& reader, std::string_view query,
                  const std::vector<const char*>& columns, const std::string& from) {
  SqlLimits limits;
  limits.rows = kMostRows;
  const auto answer = run_audit_sql(reader, query, limits, nullptr, {{"from", from}});
  if (!answer.ok()) return answer.error();
  const auto parsed = parse_own_document(*answer);
  if (!parsed.ok()) return parsed.error();
  writer.key(name).begin_array();
  for (const auto& row : parsed->as_object().at("rows").as_array()) {
    writer.begin_object();
    for (std::size_t i = 0; i < columns.size(); ++i) writer.json_field(columns[i], json_text_of(&row.as_array()[i]));
    writer.end_object();
  }
  writer.end_array();
  return success();
}

Result<JsonText> figures_json(const StoreReader& live, Instant now, std::uint32_t days) {
  const StoreReader reader = live.snapshot();
  const std::int64_t first = std::max<std::int64_t>(0, now.ms / kDayMs - (days - 1));
  const std::string from = format_instant(Instant{first * kDayMs});
  JsonWriter writer;
  writer.begin_object().field("first", from.substr(0, 10)).field("last", format_instant(now).substr(0, 10));
  if (Status status = write_rows(writer, "days", reader, kByDay, {"day", "workflow", "rule", "count"}, from); !status)
    return status.error();
  if (Status status = write_rows(writer, "rules", reader, kByRule,
                                 {"workflow", "rule", "overrides", "decisions", "reversed"}, from);
      !status)
    return status.error();
  writer.end_object();
  return std::move(writer).take();
}

void send_figures(ApiContext& context, RoutedRequest request, Responder responder) {
  const auto days = days_of_query(request);
  if (!days) return send_error(responder, days.error());
  read_and_send(context, std::move(responder), [&context, days = *days](const StoreReader& reader) {
    return figures_json(reader, context.node.now(), days);
  });
}

}  // namespace

void add_override_figure_routes(HttpRouter& router, ApiContext& context) {
  router.add(
      {"GET",
       "/v1/metrics/overrides",
       "getOverrideFigures",
       "How often people replaced outcomes on each of the last days, and of how many decisions of the same rule.",
       {{"days", "Today and the days before it, 1 to 400; 30 if absent."}},
       "",
       "OverrideFigures",
       200,
       [&context](RoutedRequest request, Responder responder) {
         send_figures(context, std::move(request), std::move(responder));
       }});
}

}  // namespace baton
