#include "runtime/model/schedule.hpp"

#include <algorithm>

#include "runtime/base/limits.hpp"
#include "runtime/model/jitter.hpp"
#include "runtime/model/json_fields.hpp"

namespace baton {
namespace {

// A timer is always a little late; a window shorter than this would miss runs on a healthy server.
constexpr Duration kShortestCatchUp{10 * kSecond.ms};
// A cursor further ahead than this is from a clock that was ahead. Were it kept, nothing would start before that time.
constexpr Duration kClockBehind = kMinute;

std::optional<Instant> next_of(const EverySpec& spec, Instant after) {
  const std::int64_t since = after.ms - spec.offset.ms;
  const std::int64_t whole = since / spec.every.ms - (since % spec.every.ms < 0 ? 1 : 0);
  return Instant{(whole + 1) * spec.every.ms + spec.offset.ms};
}

// The moment at which a run may start.
Instant start_of(const ScheduleSpec& spec, Instant nominal, std::uint64_t seed) {
  const double fraction = jitter_fraction(seed, static_cast<std::uint64_t>(nominal.ms));
  return nominal + Duration{static_cast<std::int64_t>(static_cast<double>(spec.jitter.ms) * fraction)};
}

void skip(DueRuns& due, Instant nominal, SkipReason reason) {
  if (due.skipped.empty() || due.skipped.back().reason != reason) due.skipped.push_back({nominal, nominal, 0, reason});
  due.skipped.back().last = nominal;
  ++due.skipped.back().count;
}

// Deals with one time that has come and was noticed early enough.
void admit(DueRuns& due, OverlapPolicy overlap, Instant nominal, std::uint32_t running) {
  const bool busy = running > 0 || !due.start.empty();
  switch (overlap) {
    case OverlapPolicy::allow_all: due.start.push_back(nominal); return;
    case OverlapPolicy::skip:
      if (busy) return skip(due, nominal, SkipReason::overlap);
      due.start.push_back(nominal);
      return;
    case OverlapPolicy::buffer_one:
      if (busy && due.state.buffered) return skip(due, nominal, SkipReason::overlap);
      if (busy) {
        due.state.buffered = nominal;
      } else {
        due.start.push_back(nominal);
      }
      return;
    case OverlapPolicy::cancel_other:
      if (!due.start.empty()) skip(due, due.start.front(), SkipReason::overlap);
      due.start.assign(1, nominal);
      due.cancel_running = running > 0;
      return;
  }
}

std::optional<OverlapPolicy> overlap_named(std::string_view name) {
  if (name == "skip") return OverlapPolicy::skip;
  if (name == "buffer_one") return OverlapPolicy::buffer_one;
  if (name == "allow_all") return OverlapPolicy::allow_all;
  if (name == "cancel_other") return OverlapPolicy::cancel_other;
  return std::nullopt;
}

std::optional<Instant> read_instant(JsonFields& fields, std::string_view name) {
  const auto text = fields.text(name);
  if (!text) return std::nullopt;
  const Result<Instant> at = parse_instant(*text);
  if (at.ok()) return *at;
  fields.refuse(name, "is \"" + *text + "\", not a time", at.error().cure);
  return std::nullopt;
}

void read_cron(JsonFields& fields, const std::string& text, ScheduleSpec& spec) {
  Result<CronExpression> cron = parse_cron(text);
  if (!cron.ok()) return fields.refuse(cron.error());
  spec.when = *cron;
  if (const auto name = fields.text("time_zone")) {
    Result<TimeZone> zone = find_time_zone(*name);
    if (!zone.ok()) return fields.refuse(zone.error());
    spec.zone = *zone;
  } else {
    fields.refuse("time_zone", "is missing",
                  "cron is local time: write \"UTC\" or a name such as \"America/New_York\"");
  }
}

void read_every(JsonFields& fields, Duration every, ScheduleSpec& spec) {
  if (every < kSecond) {
    fields.refuse("every", "is shorter than a second", "write at least \"1s\"");
    return;
  }
  spec.when = EverySpec{every, fields.duration("offset").value_or(Duration{0})};
}

}  // namespace

Result<ScheduleSpec> parse_schedule(std::string_view json) {
  Result<boost::json::value> document = parse_json_document(json);
  if (!document.ok()) return document.error();
  if (!document->is_object()) {
    return Error{ErrorCode::bad_field, "schedule is not an object",
                 R"(write {"cron": "30 7 * * MON-FRI", "time_zone": "America/New_York"} or {"every": "15m"})"};
  }
  JsonFields fields(document->get_object(), "schedule", ErrorCode::bad_field);
  ScheduleSpec spec;
  const auto cron = fields.text("cron");
  const auto every = fields.duration("every");
  if (cron.has_value() == every.has_value()) {
    fields.refuse("", "needs either cron or every", R"(write "cron": "30 7 * * MON-FRI" or "every": "15m")");
  } else if (cron) {
    read_cron(fields, *cron, spec);
  } else {
    read_every(fields, *every, spec);
  }
  if (const auto overlap = fields.text("overlap")) {
    const auto policy = overlap_named(*overlap);
    if (!policy) {
      fields.refuse("overlap", "is \"" + *overlap + "\"", "write skip, buffer_one, allow_all or cancel_other");
    }
    spec.overlap = policy.value_or(spec.overlap);
  }
  spec.catch_up = fields.duration("catch_up").value_or(spec.catch_up);
  if (spec.catch_up < kShortestCatchUp) fields.refuse("catch_up", "is too short", "write at least \"10s\"");
  spec.jitter = fields.duration("jitter").value_or(spec.jitter);
  spec.paused = fields.boolean("paused").value_or(spec.paused);
  spec.from = read_instant(fields, "from");
  spec.until = read_instant(fields, "until");
  if (Status good = fields.finish(); !good.ok()) return good.error();
  return spec;
}

std::optional<Instant> next_nominal(const ScheduleSpec& spec, Instant after) {
  if (spec.from) after = std::max(after, *spec.from - Duration{1});
  std::optional<Instant> next;
  if (const auto* cron = std::get_if<CronExpression>(&spec.when)) {
    next = cron->next_after(after, spec.zone);
  } else {
    next = next_of(std::get<EverySpec>(spec.when), after);
  }
  return next && spec.until && *next > *spec.until ? std::nullopt : next;
}

std::string_view name_of(SkipReason reason) {
  switch (reason) {
    case SkipReason::missed: return "missed";
    case SkipReason::overlap: return "overlap";
    case SkipReason::paused: return "paused";
  }
  return "unknown";
}

DueRuns due_runs(const ScheduleSpec& spec, const ScheduleState& state, Instant now, std::uint32_t running,
                 std::uint64_t seed) {
  DueRuns due;
  due.state = state;
  if (due.state.last > now + kClockBehind) due.state.last = now;
  if (due.state.buffered && running == 0 && !spec.paused) {
    due.start.push_back(*due.state.buffered);
    due.state.buffered.reset();
  }
  for (std::size_t looked_at = 0;; ++looked_at) {
    const std::optional<Instant> nominal = next_nominal(spec, due.state.last);
    if (!nominal) return due;
    const Instant start = start_of(spec, *nominal, seed);
    if (start > now) {
      due.wake = start;
      return due;
    }
    if (looked_at == limits::kScheduleTimesPerTurn || due.start.size() == limits::kScheduleStartsPerTurn) {
      due.wake = now;
      return due;
    }
    due.state.last = *nominal;
    if (spec.paused) {
      skip(due, *nominal, SkipReason::paused);
    } else if (now - (*nominal + spec.jitter) > spec.catch_up) {
      skip(due, *nominal, SkipReason::missed);
    } else {
      admit(due, spec.overlap, *nominal, running);
    }
  }
}

}  // namespace baton
