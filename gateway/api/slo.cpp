// /v1/slo: promises of time of the live workflows: how many are open, at risk, broken; and which cases those are.
#include "runtime/engine/slo.hpp"

#include <algorithm>
#include <charconv>

#include "gateway/api/recorded_read.hpp"

namespace baton {
namespace {

constexpr std::size_t kCounted = 10'000;  // Beyond it nobody needs the number.
constexpr std::size_t kSlice = 1'000;
constexpr Duration kMonth{30 * kDay.ms};

Instant at_risk_of(const std::string& value) {
  std::int64_t ms = 0;
  std::from_chars(value.data(), value.data() + value.size(), ms);
  return Instant{ms};
}

struct OpenCounts {
  std::int64_t open = 0, at_risk = 0, broken = 0;
};

// Rows are in the order of deadlines. Each of the three is counted up to kCounted.
Result<OpenCounts> count_open(const StoreReader& reader, const std::string& prefix, Instant now) {
  OpenCounts counts;
  std::string after;
  while (counts.open < static_cast<std::int64_t>(kCounted)) {
    const auto rows = reader.named_all("slo", prefix, after, kSlice);
    if (!rows) return rows.error();
    for (const auto& [key, value] : *rows) {
      const auto open = parse_open_promise(key, prefix);
      if (!open) continue;
      ++counts.open;
      if (open->deadline < now) {
        ++counts.broken;
      } else if (at_risk_of(value) <= now) {
        ++counts.at_risk;
      }
    }
    if (rows->size() < kSlice) break;
    after = rows->back().first;
  }
  return counts;
}

struct DoneCounts {
  std::int64_t kept = 0, broken = 0;
};

Result<DoneCounts> count_done(const StoreReader& reader, const std::string& prefix, Instant now) {
  DoneCounts counts;
  std::string after = prefix + format_instant(now - kMonth).substr(0, 10);
  while (counts.kept + counts.broken < static_cast<std::int64_t>(kCounted)) {
    const auto rows = reader.named_all("slo", prefix, after, kSlice);
    if (!rows) return rows.error();
    for (const auto& [key, value] : *rows) {
      const bool kept = key.compare(prefix.size() + 10, 6, "/kept/") == 0;
      ++(kept ? counts.kept : counts.broken);
    }
    if (rows->size() < kSlice) break;
    after = rows->back().first;
  }
  return counts;
}

Result<JsonText> list_json(const Node& node, const StoreReader& live) {
  const StoreReader reader = live.snapshot();
  const Instant now = node.now();
  JsonWriter writer;
  writer.begin_object().field("now", format_instant(now)).field("counted_to", static_cast<std::int64_t>(kCounted));
  writer.key("items").begin_array();
  for (const auto& program : node.live_programs()) {
    for (const WorkflowDefinition& workflow : program->workflows()) {
      for (const TimePromise& promise : workflow.promises) {
        const auto open = count_open(reader, open_promises_of(workflow.name, promise.name), now);
        if (!open) return open.error();
        const auto done = count_done(reader, done_promises_of(workflow.name, promise.name), now);
        if (!done) return done.error();
        writer.begin_object().field("workflow", workflow.name).field("promise", promise.name);
        writer.field("within", promise.within + (promise.business ? " business" : ""));
        writer.field("reached", promise.reached).field("open", open->open).field("at_risk", open->at_risk);
        writer.field("broken", open->broken).field("kept_in_30_days", done->kept);
        writer.field("broken_in_30_days", done->broken).end_object();
      }
    }
  }
  writer.end_array().end_object();
  return std::move(writer).take();
}

Result<JsonText> cases_json(const StoreReader& reader, const std::string& workflow, const std::string& promise,
                            const PageRequest& page, Instant now) {
  const std::string prefix = open_promises_of(workflow, promise);
  const auto rows = reader.named_all("slo", prefix, page.cursor.empty() ? "" : prefix + page.cursor, page.limit + 1);
  if (!rows) return rows.error();
  JsonWriter writer;
  writer.begin_object().key("items").begin_array();
  for (std::size_t i = 0; i < std::min(page.limit, rows->size()); ++i) {
    const auto& [key, value] = (*rows)[i];
    const auto open = parse_open_promise(key, prefix);
    if (!open) continue;
    const char* const state = open->deadline < now ? "broken" : at_risk_of(value) <= now ? "at_risk" : "within";
    writer.begin_object().field("instance", open->instance).field("deadline", format_instant(open->deadline));
    writer.field("state", state).end_object();
  }
  writer.end_array();
  if (rows->size() > page.limit) writer.field("next", (*rows)[page.limit - 1].first.substr(prefix.size()));
  writer.end_object();
  return std::move(writer).take();
}

}  // namespace

void add_slo_routes(HttpRouter& router, ApiContext& context) {
  router.add({"GET",
              "/v1/slo",
              "listPromises",
              "Promises of time of each live workflow: how many cases owe them, are at risk, have broken them.",
              {},
              "",
              "PromisePage",
              200,
              [&context](RoutedRequest, Responder responder) {
                read_and_send(context, std::move(responder),
                              [&context](const StoreReader& reader) { return list_json(context.node, reader); });
              }});
  router.add({"GET", "/v1/slo/{workflow}/{promise}", "listPromiseCases",
              "The cases that owe this promise, by deadline: the broken ones first, then those at risk.",
              with_page_rules({}), "", "PromiseCasePage", 200, [&context](RoutedRequest request, Responder responder) {
                auto page = page_of_query(request);
                if (!page) return send_error(responder, page.error());
                read_and_send(context, std::move(responder),
                              [&context, workflow = request.at("workflow"), promise = request.at("promise"),
                               page = *page](const StoreReader& reader) {
                                return cases_json(reader, workflow, promise, page, context.node.now());
                              });
              }});
}

}  // namespace baton
