// /v1/metrics, /metrics and /v1/health: how the server is.
#include <unistd.h>

#include <fstream>

#include "gateway/api/api_support.hpp"

namespace baton {
namespace {

std::int64_t number(std::uint64_t value) { return static_cast<std::int64_t>(value); }

// Resident memory of this process in bytes; 0 where /proc does not tell.
std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t size = 0, resident = 0;
  file >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

template <typename Map>
void write_counts(JsonWriter& writer, std::string_view name, const Map& counts) {
  writer.key(name).begin_object();
  for (const auto& [key, count] : counts) writer.field(key, number(count));
  writer.end_object();
}

Result<JsonText> metrics_json(ApiContext& context) {
  const NodeMetrics metrics = context.node.metrics();
  const auto counts = context.node.reader().counts();
  if (!counts) return counts.error();
  const Store::Usage usage = context.node.reader().store().usage();
  JsonWriter writer;
  writer.begin_object().field("now", format_instant(context.node.now()));
  writer.field("turns", number(metrics.turns)).field("rounds", number(metrics.rounds));
  writer.field("activities", number(metrics.activities)).field("timers", number(metrics.timers));
  writer.field("messages", number(metrics.messages)).field("refused", number(metrics.refused));
  writer.field("warm_instances", number(metrics.warm_instances)).field("warm_patients", number(metrics.warm_patients));
  writer.field("in_flight", number(metrics.in_flight)).field("memory_bytes", number(metrics.memory));
  writer.field("resident_bytes", number(resident_bytes()));
  writer.field("scrubber_findings", number(metrics.scrubber_findings));
  writer.key("scrubbed").begin_object().field("rows", number(metrics.scrubbed_rows));
  writer.field("records", number(metrics.scrubbed_records)).field("instances", number(metrics.replayed_instances));
  writer.field("store_passes", number(metrics.store_passes)).field("ledger_passes", number(metrics.ledger_passes));
  writer.end_object().key("ledger").begin_object().field("size", number(metrics.ledger_size));
  writer.field("minimum_index", number(metrics.ledger_minimum)).end_object();
  writer.field("disk_bytes", number(usage.disk_bytes)).field("store_memory_bytes", number(usage.memory_bytes));
  writer.key("instances").begin_object();
  for (const auto& [workflow, by_status] : counts->instances) {
    writer.key(workflow).begin_object();
    for (const auto& [status, count] : by_status) writer.field(to_string(status), number(count));
    writer.end_object();
  }
  writer.end_object();
  write_counts(writer, "open_tasks", counts->open_tasks);
  write_counts(writer, "open_incidents", counts->open_incidents);
  write_counts(writer, "stored_messages", counts->messages);
  writer.field("live_watchers", number(context.live.watchers()));
  if (context.server_figures) {
    writer.key("server").begin_object();
    for (const ServerFigure& figure : context.server_figures()) writer.field(figure.name, figure.value);
    writer.end_object();
  }
  writer.end_object();
  return std::move(writer).take();
}

void append_metric(std::string& out, const std::string& name, const char* type, const char* help) {
  out += "# HELP baton_" + name + " " + help + "\n# TYPE baton_" + name + " " + type + "\n";
}

std::string label(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out.push_back('\\');
    out.push_back(c == '\n' ? ' ' : c);
  }
  return out;
}

// The text format that Prometheus scrapes, version 0.0.4.
Result<std::string> metrics_text(ApiContext& context) {
  const NodeMetrics metrics = context.node.metrics();
  const auto counts = context.node.reader().counts();
  if (!counts) return counts.error();
  std::string out;
  const auto one = [&](const std::string& name, const char* type, const char* help, std::uint64_t value) {
    append_metric(out, name, type, help);
    out += "baton_" + name + " " + std::to_string(value) + "\n";
  };
  one("turns_total", "counter", "Turns that were decided and committed.", metrics.turns);
  one("commit_rounds_total", "counter", "Group commits, one sync each.", metrics.rounds);
  one("activities_total", "counter", "Attempts of activities.", metrics.activities);
  one("timers_total", "counter", "Timers that fired.", metrics.timers);
  one("messages_total", "counter", "Messages taken from outside.", metrics.messages);
  one("refused_total", "counter", "Requests refused because too much was in flight.", metrics.refused);
  one("warm_instances", "gauge", "Instances in memory.", metrics.warm_instances);
  one("warm_patients", "gauge", "Patients in memory.", metrics.warm_patients);
  one("in_flight", "gauge", "Requests accepted and not yet answered.", metrics.in_flight);
  one("memory_bytes", "gauge", "Memory of warm instances and patients.", metrics.memory);
  one("scrubber_findings", "counter", "What the scrubbers found wrong. Above 0: the store is damaged, or Baton is.",
      metrics.scrubber_findings);
  one("scrubbed_rows_total", "counter", "Rows of the store that the scrubber has compared.", metrics.scrubbed_rows);
  one("scrubbed_records_total", "counter", "Records of the ledger that were hashed again.", metrics.scrubbed_records);
  one("replayed_instances_total", "counter", "Closed instances that were run again over their journals.",
      metrics.replayed_instances);
  one("scrubber_store_passes_total", "counter", "How often all rows were compared.", metrics.store_passes);
  one("scrubber_ledger_passes_total", "counter", "How often the whole ledger was hashed again.", metrics.ledger_passes);
  one("ledger_records", "gauge", "Size of the audit ledger.", metrics.ledger_size);
  one("ledger_minimum_index", "gauge", "The first record that the ledger still has.", metrics.ledger_minimum);
  one("process_resident_memory_bytes", "gauge", "Resident memory of the process.", resident_bytes());
  const Store::Usage usage = context.node.reader().store().usage();
  one("store_disk_bytes", "gauge", "Size of the store on its disk.", usage.disk_bytes);
  one("store_memory_bytes", "gauge", "Memory of the store's caches and buffers.", usage.memory_bytes);
  one("live_watchers", "gauge", "Clients that watch what changes.", context.live.watchers());
  if (context.server_figures) {
    for (const ServerFigure& figure : context.server_figures()) {
      one(figure.name + (figure.counter ? "_total" : ""), figure.counter ? "counter" : "gauge", figure.help,
          static_cast<std::uint64_t>(figure.value));
    }
  }
  append_metric(out, "instances", "gauge", "Instances by workflow and status.");
  for (const auto& [workflow, by_status] : counts->instances) {
    for (const auto& [status, count] : by_status) {
      out += "baton_instances{workflow=\"" + label(workflow) + "\",status=\"" + std::string(to_string(status)) +
             "\"} " + std::to_string(count) + "\n";
    }
  }
  append_metric(out, "open_tasks", "gauge", "Tasks that wait for a person, by workflow.");
  for (const auto& [workflow, count] : counts->open_tasks) {
    out += "baton_open_tasks{workflow=\"" + label(workflow) + "\"} " + std::to_string(count) + "\n";
  }
  append_metric(out, "open_incidents", "gauge", "Incidents that wait for an operator, by workflow.");
  for (const auto& [workflow, count] : counts->open_incidents) {
    out += "baton_open_incidents{workflow=\"" + label(workflow) + "\"} " + std::to_string(count) + "\n";
  }
  append_metric(out, "stored_messages", "gauge", "Messages that came in, by what became of them.");
  for (const auto& [state, count] : counts->messages) {
    out += "baton_stored_messages{state=\"" + label(state) + "\"} " + std::to_string(count) + "\n";
  }
  return out;
}

}  // namespace

void add_metrics_routes(HttpRouter& router, ApiContext& context) {
  router.add({"GET",
              "/v1/metrics",
              "getMetrics",
              "Counts of everything.",
              {},
              "",
              "Metrics",
              200,
              [&context](RoutedRequest, Responder responder) {
                auto json = metrics_json(context);
                if (!json) return send_error(responder, json.error());
                send_json(responder, 200, std::move(*json));
              }});
  router.add({"GET",
              "/metrics",
              "scrapeMetrics",
              "The same for Prometheus.",
              {},
              "",
              "text/plain",
              200,
              [&context](RoutedRequest, Responder responder) {
                auto text = metrics_text(context);
                if (!text) return send_error(responder, text.error());
                responder.send({200, "text/plain; version=0.0.4; charset=utf-8", std::move(*text), {}});
              }});
  router.add(
      {"GET",
       "/v1/health",
       "getHealth",
       "200 when the server takes requests and can read its store; 'degraded' while the scrubbers have found damage.",
       {},
       "",
       "Health",
       200,
       [&context](RoutedRequest, Responder responder) {
         const auto counts = context.node.reader().counts();
         if (!counts) return send_error(responder, counts.error());
         JsonWriter writer;
         const bool damaged = context.node.metrics().scrubber_findings > 0;
         writer.begin_object()
             .field("status", damaged ? "degraded" : "ok")
             .field("now", format_instant(context.node.now()));
         writer.field("clock", context.clock == nullptr ? "system" : "virtual").end_object();
         send_json(responder, 200, std::move(writer).take());
       }});
}

}  // namespace baton
