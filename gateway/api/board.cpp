#include "gateway/api/board.hpp"

#include <algorithm>
#include <charconv>

#include "gateway/api/api_support.hpp"
#include "persistence/due_tasks.hpp"
#include "persistence/tallies.hpp"

namespace baton {
namespace {

// Late and soon tasks of each role are counted up to here; beyond it nobody needs the number.
constexpr std::size_t kCounted = 2'000;
constexpr Duration kSoon{3'600'000};
constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::uint32_t kMostDays = 400;
// How long cases have been open, in days: the upper bounds of the board's columns. The last holds what is longer.
constexpr std::array<std::uint32_t, 4> kAges = {1, 3, 7, 30};

std::string date_of(std::uint32_t day) {
  return format_instant(Instant{static_cast<std::int64_t>(day) * kDayMs}).substr(0, 10);
}

struct Place {
  std::int64_t open = 0;
  std::uint32_t oldest = UINT32_MAX;
  std::array<std::int64_t, kAges.size() + 1> ages{};
};

Status write_cases(JsonWriter& writer, const StoreReader& reader, std::uint32_t today) {
  const auto rows = tallies_of(reader, Tally::open_cases);
  if (!rows) return rows.error();
  std::map<std::array<std::string, 3>, Place> places;
  for (const auto& [key, count] : *rows) {
    Place& place = places[{key.a, key.b, key.c}];
    place.open += count;
    place.oldest = std::min(place.oldest, key.day);
    const std::uint32_t age = today > key.day ? today - key.day : 0;
    const auto column = std::upper_bound(kAges.begin(), kAges.end(), age) - kAges.begin();
    place.ages[static_cast<std::size_t>(column)] += count;
  }
  writer.key("cases").begin_array();
  for (const auto& [names, place] : places) {
    writer.begin_object().field("workflow", names[0]).field("stage", names[1]).field("unit", names[2]);
    writer.field("open", place.open).field("oldest", date_of(place.oldest)).key("ages").begin_array();
    for (const std::int64_t count : place.ages) writer.integer(count);
    writer.end_array().end_object();
  }
  writer.end_array();
  return success();
}

struct Due {
  std::int64_t late = 0;
  std::int64_t soon = 0;
};

Result<Due> count_due(const StoreReader& reader, const std::string& role, Instant now) {
  TaskFilter overdue;
  if (!role.empty()) overdue.roles = {role};
  overdue.overdue_at = now;
  const auto late = count_open_tasks(reader, overdue, kCounted);
  if (!late) return late.error();
  const auto soon = count_tasks_due(reader, role, now, now + kSoon, kCounted);
  if (!soon) return soon.error();
  return Due{static_cast<std::int64_t>(*late), static_cast<std::int64_t>(*soon)};
}

Status write_queues(JsonWriter& writer, const StoreReader& reader, Instant now) {
  const auto rows = tallies_of(reader, Tally::open_by_role);
  if (!rows) return rows.error();
  writer.key("queues").begin_array();
  for (const auto& [key, count] : *rows) {
    const auto due = count_due(reader, key.a, now);
    if (!due) return due.error();
    writer.begin_object().field("role", key.a).field("open", count).field("late", due->late);
    writer.field("soon", due->soon).end_object();
  }
  writer.end_array();
  return success();
}

Result<JsonText> board_json(const StoreReader& live, Instant now) {
  const StoreReader reader = live.snapshot();
  JsonWriter writer;
  writer.begin_object().field("now", format_instant(now));
  if (Status status = write_cases(writer, reader, tally_day_of(now)); !status) return status.error();
  if (Status status = write_queues(writer, reader, now); !status) return status.error();
  const auto counts = reader.counts();
  if (!counts) return counts.error();
  const auto total = [](const std::map<std::string, std::uint64_t>& by_name) {
    std::int64_t sum = 0;
    for (const auto& [name, count] : by_name) sum += static_cast<std::int64_t>(count);
    return sum;
  };
  const auto due = count_due(reader, "", now);
  if (!due) return due.error();
  const auto quarantined = counts->messages.find("quarantined");
  writer.field("open_tasks", total(counts->open_tasks)).field("late_tasks", due->late).field("soon_tasks", due->soon);
  writer.field("counted_to", static_cast<std::int64_t>(kCounted)).field("incidents", total(counts->open_incidents));
  writer.field("quarantined",
               quarantined == counts->messages.end() ? 0 : static_cast<std::int64_t>(quarantined->second));
  writer.end_object();
  return std::move(writer).take();
}

// Rows of the days from `first` on, as {"day", what the tally calls a, b and c, "bucket"?, "count"}.
struct Series {
  const char* name;
  Tally tally;
  std::array<const char*, 3> parts;  // Null where the tally has none.
  bool buckets;
};
constexpr std::array<Series, 7> kSeries = {{
    {"started", Tally::started_cases, {"workflow", nullptr, nullptr}, false},
    {"closed", Tally::closed_cases, {"workflow", "outcome", nullptr}, true},
    {"tasks_created", Tally::created_tasks, {"workflow", "name", nullptr}, false},
    {"tasks_taken", Tally::taken_tasks, {"workflow", "name", nullptr}, true},
    {"tasks_decided", Tally::decided_tasks, {"workflow", "name", "in"}, true},
    {"tasks_withdrawn", Tally::withdrawn_tasks, {"workflow", "name", nullptr}, false},
    {"incidents", Tally::opened_incidents, {"workflow", "code", nullptr}, false},
}};

Status write_series(JsonWriter& writer, const StoreReader& reader, const Series& series, std::uint32_t first) {
  const auto rows = tallies_of(reader, series.tally);
  if (!rows) return rows.error();
  writer.key(series.name).begin_array();
  for (const auto& [key, count] : *rows) {
    if (key.day < first) continue;
    writer.begin_object().field("day", date_of(key.day));
    const std::array<const std::string*, 3> values = {&key.a, &key.b, &key.c};
    for (std::size_t part = 0; part < values.size(); ++part) {
      if (series.parts[part] != nullptr) writer.field(series.parts[part], *values[part]);
    }
    if (series.buckets) writer.field("bucket", static_cast<std::int64_t>(key.bucket));
    writer.field("count", count).end_object();
  }
  writer.end_array();
  return success();
}

Result<JsonText> series_json(const StoreReader& live, Instant now, std::uint32_t days) {
  const StoreReader reader = live.snapshot();
  const std::uint32_t today = tally_day_of(now);
  const std::uint32_t first = today >= days ? today - days + 1 : 0;
  JsonWriter writer;
  writer.begin_object()
      .field("first", date_of(first))
      .field("last", date_of(today))
      .key("bucket_minutes")
      .begin_array();
  for (const std::uint32_t bound : kTallyBuckets) writer.integer(static_cast<std::int64_t>(bound));
  writer.end_array();
  for (const Series& series : kSeries) {
    if (Status status = write_series(writer, reader, series, first); !status) return status.error();
  }
  writer.end_object();
  return std::move(writer).take();
}

void send_series(ApiContext& context, RoutedRequest request, Responder responder) {
  const auto days = days_of_query(request);
  if (!days) return send_error(responder, days.error());
  read_and_send(context, std::move(responder), [&context, days = *days](const StoreReader& reader) {
    return series_json(reader, context.node.now(), days);
  });
}

}  // namespace

Result<std::uint32_t> days_of_query(const RoutedRequest& request) {
  std::uint32_t days = 30;
  const std::string* const text = request.find_query("days");
  if (text == nullptr) return days;
  const char* end = text->data() + text->size();
  const auto [parsed, error] = std::from_chars(text->data(), end, days);
  if (error != std::errc() || parsed != end || days == 0 || days > kMostDays) {
    return Error{ErrorCode::bad_query, "'days' is not a number from 1 to 400", "leave it away for 30"};
  }
  return days;
}

void add_board_routes(HttpRouter& router, ApiContext& context) {
  router.add(
      {"GET",
       "/v1/board",
       "getBoard",
       "How many cases are open by workflow, stage, unit and age; how many tasks wait for each role, and are late.",
       {},
       "",
       "Board",
       200,
       [&context](RoutedRequest, Responder responder) {
         read_and_send(context, std::move(responder),
                       [&context](const StoreReader& reader) { return board_json(reader, context.node.now()); });
       }});
  router.add({"GET",
              "/v1/metrics/series",
              "getSeries",
              "What happened on each of the last days: cases, tasks and incidents, with how long they took.",
              {{"days", "Today and the days before it, 1 to 400; 30 if absent."}},
              "",
              "Series",
              200,
              [&context](RoutedRequest request, Responder responder) {
                send_series(context, std::move(request), std::move(responder));
              }});
}

}  // namespace baton
