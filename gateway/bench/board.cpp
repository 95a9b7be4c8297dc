#include "gateway/bench/board.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "gateway/bench/bench_load.hpp"
#include "gateway/bench/live_watch.hpp"
#include "gateway/bench/measured.hpp"
#include "runtime/base/instant.hpp"
#include "runtime/model/json_fields.hpp"

namespace baton {
namespace {

constexpr std::uint64_t kWards = 20;
constexpr std::uint64_t kStages = 8;
constexpr std::uint64_t kPatients = 20'000;
constexpr std::uint64_t kAsked = 400;  // Of each query.
constexpr std::uint64_t kWatched = 200;
constexpr std::uint64_t kPersons = 200;
constexpr std::array kRoles = {"nurse", "pharmacist", "physician", "case_manager", "charge_nurse", "coordinator"};
// One in four is late by the time it is asked for, one in four soon.
constexpr std::array kDues = {"1s", "45m", "8h", "3d"};

std::string number(std::uint64_t value) { return std::to_string(value); }
std::string ward(std::uint64_t i) { return "W" + number(i % kWards); }
std::string stage(std::uint64_t i) { return "stage-" + number(i / kWards % kStages); }
std::string person(std::uint64_t i) { return "person-" + number(i % kPersons); }
const char* role(std::uint64_t i) { return kRoles[i / 3 % kRoles.size()]; }

// People come from outside, as a hospital's stream brings them.
Result<LoadResult> bring_patients(const ServerProcess& server, const std::string& prefix, std::uint64_t count) {
  return without_refusals(run_load(server.port(), kFillers, count, [&](std::uint64_t i) {
    const std::string id = prefix + number(i);
    JsonWriter event;
    event.begin_object().field("source", "bench").field("id", id).field("type", "patient.added");
    event.field("occurred_at", "2026-01-01T08:00:00Z").key("patient").begin_object();
    event.key("identifiers").begin_array().begin_object();
    event.field("system", "BENCH").field("value", id).field("type", "MR").end_object().end_array();
    event.key("name").begin_object().field("family", "Family " + number(i)).field("given", "Given").end_object();
    event.field("birth_date", "1950-01-01").field("sex", i % 2 == 0 ? "F" : "M").end_object().end_object();
    return http_request("POST", "/v1/messages", event.view(),
                        server.authorization() + "Idempotency-Key: " + id + "\r\n");
  }));
}

std::string text_in(const boost::json::value& value, std::string_view name) {
  const auto* object = value.if_object();
  const auto* field = object == nullptr ? nullptr : object->if_contains({name.data(), name.size()});
  return field != nullptr && field->is_string() ? std::string(field->get_string()) : std::string();
}

// The ids that Baton has given to people, page after page.
Result<std::vector<std::string>> patient_ids(const ServerProcess& server) {
  std::vector<std::string> ids;
  std::string cursor;
  do {
    std::string page;
    const auto asked = without_refusals(run_load(
        server.port(), 1, 1,
        [&](std::uint64_t) {
          return http_request("GET", "/v1/patients?limit=1000" + (cursor.empty() ? "" : "&cursor=" + cursor), "",
                              server.authorization());
        },
        [&page](std::uint64_t, const std::string& body) { page = body; }));
    if (!asked.ok()) return asked.error();
    const auto document = parse_json_document(page);
    if (!document.ok() || !document->is_object()) break;
    const auto& object = document->get_object();
    for (const auto& item : object.at("items").as_array()) ids.push_back(text_in(item, "id"));
    cursor = text_in(*document, "next");
  } while (!cursor.empty());
  return ids;
}

Result<LoadResult> open_cases(const ServerProcess& server, const std::string& prefix, std::uint64_t count,
                              const std::vector<std::string>& patients) {
  return without_refusals(run_load(server.port(), kFillers, count, [&](std::uint64_t i) {
    JsonWriter start;
    start.begin_object().field("workflow", "handoff").field("id", prefix + number(i)).field("key", "stay-" + number(i));
    if (!patients.empty()) start.field("patient", patients[i % patients.size()]);
    start.key("input").begin_object().field("ward", ward(i)).field("stage", stage(i)).field("role", role(i));
    start.field("person", person(i)).field("due", kDues[i / 7 % kDues.size()]).end_object().end_object();
    return http_request("POST", "/v1/instances", start.view(), server.authorization());
  }));
}

// Every ward has a rota, so that queues are counted in each of them.
Result<LoadResult> plan_wards(const ServerProcess& server) {
  return without_refusals(run_load(server.port(), 1, kWards, [&](std::uint64_t i) {
    return http_request("PUT", "/v1/rotas/" + ward(i), R"({"shifts":[]})", server.authorization());
  }));
}

std::string decision(const ServerProcess& server, const std::string& prefix, std::uint64_t i) {
  return http_request(
      "POST", "/v1/tasks/" + prefix + number(i) + ".1/decide", R"({"outcome":"approve"})",
      "X-Baton-Subject: ann\r\nX-Baton-Role: " + std::string(role(i)) + "\r\n" + server.authorization());
}

// The case of the i-th task that is late, and one whose task is due soon.
std::uint64_t late(std::uint64_t i) { return i / 7 * 28 + i % 7; }
std::uint64_t soon(std::uint64_t i) { return late(i) + 7; }

// People do what is most urgent first: what they have done stood at the front of every work list.
Result<LoadResult> decide_late(const ServerProcess& server, const std::string& prefix, std::uint64_t count) {
  return without_refusals(
      run_load(server.port(), 64, count, [&](std::uint64_t i) { return decision(server, prefix, late(i)); }));
}

// A query of a page: its name in the details, and its target for the i-th time that it is asked.
struct Query {
  const char* name;
  std::function<std::string(std::uint64_t)> target;
};

std::vector<Query> queries(const std::string& prefix, std::uint64_t cases, const std::vector<std::string>& patients) {
  const std::string inbox = "/v1/tasks?with=case&limit=100";
  const std::string board = "/v1/instances?limit=100&status=running&order=oldest";
  // An hour that is full, so that a page's list is not asked for anew at each tick: as the console does it.
  const std::string yesterday = format_instant(Instant{1'700'000'000'000});
  return {
      {"inbox_mine", [=](std::uint64_t i) { return inbox + "&subject=" + person(i); }},
      {"inbox_roles", [=](std::uint64_t i) { return inbox + "&role=" + role(i * 3) + "," + role(i * 3 + 3); }},
      {"inbox_overdue",
       [=](std::uint64_t i) { return inbox + "&overdue=true&subject=" + person(i) + "&role=" + role(i * 3); }},
      {"inbox_all", [=](std::uint64_t) { return inbox; }},
      {"task", [=](std::uint64_t i) { return "/v1/tasks/" + prefix + number(i * 97 % cases) + ".1"; }},
      {"task_case", [=](std::uint64_t i) { return "/v1/instances/" + prefix + number(i * 97 % cases); }},
      {"task_patient",
       [=](std::uint64_t i) {
         return "/v1/patients/" + (patients.empty() ? "-" : patients[i * 97 % patients.size()]) + "/timeline?limit=6";
       }},
      {"board", [](std::uint64_t) { return std::string("/v1/board"); }},
      {"cases", [=](std::uint64_t) { return board; }},
      {"cases_of_workflow", [=](std::uint64_t) { return board + "&workflow=handoff"; }},
      {"cases_of_ward", [=](std::uint64_t i) { return board + "&attribute.ward=" + ward(i); }},
      {"cases_of_ward_and_stage",
       [=](std::uint64_t i) {
         return board + "&workflow=handoff&attribute.ward=" + ward(i) + "&attribute.stage=" + stage(i * kWards);
       }},
      {"cases_of_stay", [=](std::uint64_t i) { return board + "&key=stay-" + number(i * 97 % cases); }},
      {"cases_with_incident", [=](std::uint64_t) { return board + "&has_incident=true"; }},
      {"cases_on_hold", [=](std::uint64_t) { return board + "&paused=true"; }},
      {"cases_open_since", [=](std::uint64_t) { return board + "&started_before=" + yesterday; }},
      {"series", [](std::uint64_t) { return std::string("/v1/metrics/series?days=30"); }},
      {"overrides", [](std::uint64_t) { return std::string("/v1/metrics/overrides?days=30"); }},
      {"queues", [](std::uint64_t) { return std::string("/v1/queues"); }},
  };
}

// Somebody watches while another decides, one task at a time.
Result<std::vector<double>> watch(const ServerProcess& server, const std::string& prefix) {
  auto watcher = LiveWatch::open(server.port(), server.authorization());
  if (!watcher.ok()) return watcher.error();
  std::vector<double> latencies_ms;
  for (std::uint64_t i = 0; i < kWatched; ++i) {
    (*watcher)->begin(prefix + number(soon(i)) + ".1");
    const auto decided = without_refusals(
        run_load(server.port(), 1, 1, [&](std::uint64_t) { return decision(server, prefix, soon(i)); }));
    if (!decided.ok()) return decided.error();
    const auto heard = (*watcher)->heard_after_ms();
    if (!heard.ok()) return heard.error();
    latencies_ms.push_back(*heard);
  }
  return latencies_ms;
}

}  // namespace

Status run_board(const BenchOptions& options, const Workplace& workplace,
                 const std::function<void(const JsonText&)>& line) {
  const std::uint64_t n = options.n == 0 ? 100'000 : options.n;
  const std::size_t concurrency = options.concurrency == 0 ? 4 : options.concurrency;
  const std::string prefix = "b" + run_prefix();
  auto server = ServerProcess::start(workplace.data(), workplace.bundle());
  if (!server.ok()) return server.error();
  const auto brought = bring_patients(**server, prefix, std::min(n, kPatients));
  if (!brought.ok()) return brought.error();
  const auto patients = patient_ids(**server);
  if (!patients.ok()) return patients.error();
  const auto filled = open_cases(**server, prefix, n, *patients);
  if (!filled.ok()) return filled.error();

  const auto planned = plan_wards(**server);
  if (!planned.ok()) return planned.error();
  const auto done = decide_late(**server, prefix, n / 10);
  if (!done.ok()) return done.error();

  Measured measured;
  measured.workload = "board";
  measured.n = n;
  measured.concurrency = concurrency;
  measured.details["filled_per_second"] = filled->per_second();
  LoadResult all;
  for (const Query& query : queries(prefix, n, *patients)) {
    const auto ask = [&](std::uint64_t i) {
      return http_request("GET", query.target(i), "", (*server)->authorization());
    };
    const auto asked = without_refusals(run_load((*server)->port(), concurrency, kAsked, ask));
    if (!asked.ok()) return asked.error();
    measured.details[std::string(query.name) + "_p50_ms"] = asked->percentile_ms(0.5);
    measured.details[std::string(query.name) + "_p99_ms"] = asked->percentile_ms(0.99);
    all.seconds += asked->seconds;
    all.latencies_ms.insert(all.latencies_ms.end(), asked->latencies_ms.begin(), asked->latencies_ms.end());
  }
  LoadResult live;
  auto heard = watch(**server, prefix);
  if (!heard.ok()) return heard.error();
  live.latencies_ms = std::move(*heard);
  measured.details["live_p50_ms"] = live.percentile_ms(0.5);
  measured.details["live_p99_ms"] = live.percentile_ms(0.99);
  measured.seconds = all.seconds;
  measured.per_second = all.per_second();
  measured.p50_ms = all.percentile_ms(0.5);
  measured.p99_ms = all.percentile_ms(0.99);
  measured.rss_mib = (*server)->resident_mib();
  measured.disk_bytes_per_instance = static_cast<double>(disk_bytes(workplace.data())) / static_cast<double>(n);
  line(to_json(measured, workplace, true));
  return success();
}

}  // namespace baton
