// Time, crashes, and what is outside.
#include "actors/testing/situation.hpp"
#include "actors/testing/test_activities.hpp"
#include "actors/testing/test_world.hpp"
#include "runtime/clinical/hl7_json.hpp"
#include "runtime/script/mapping_run.hpp"

namespace baton::testing {

namespace {

constexpr char kDone[] = "{}";

// A number of milliseconds or RFC 3339 text.
Result<Instant> read_instant(const Arguments& arguments, std::string_view name) {
  const std::string text = arguments.text(name);
  return text.empty() ? Result<Instant>(Instant{arguments.integer(name, 0)}) : parse_instant(text);
}

// As files hold them: lines may end in LF, and lines of a Lua text may be indented.
std::string hl7_lines(const std::string& text) {
  std::string lines;
  bool at_start = true;
  for (const char c : text) {
    if (at_start && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) continue;
    at_start = c == '\n' || c == '\r';
    lines += c == '\n' ? '\r' : c;
  }
  return lines;
}

Result<JsonText> message_json(const Arguments& arguments) {
  const std::string text = arguments.text("message");
  if (text.empty()) return arguments.json("message");
  const auto parsed = Hl7Message::parse(hl7_lines(text));
  if (!parsed.ok()) return parsed.error();
  return hl7_to_json(*parsed, 0);
}

}  // namespace

Result<JsonText> TestWorld::clock(const Arguments& arguments) {
  const auto at = read_instant(arguments, "at");
  if (!at.ok()) return at.error();
  const Status moved = node_.move_clock(*at);
  return moved ? Result<JsonText>(kDone) : moved.error();
}

Result<JsonText> TestWorld::skip(const Arguments& arguments) {
  Instant to = node_.now();
  if (arguments.flag("business")) {
    const std::string name = arguments.text("calendar");
    const BusinessCalendar* const calendar = program_->calendar(name);
    if (calendar == nullptr) return Error{ErrorCode::bad_calendar, "the bundle has no calendar '" + name + "'", {}};
    const auto length = parse_business_duration(arguments.text("length"));
    if (!length.ok()) return length.error();
    const auto end = calendar->add_business(to, *length);
    if (!end.ok()) return end.error();
    to = *end;
  } else {
    const auto length = parse_duration(arguments.text("length"));
    if (!length.ok()) return length.error();
    to = to + *length;
  }
  Status moved = node_.start();
  if (moved) moved = node_.move_clock(to);
  return moved ? Result<JsonText>(kDone) : moved.error();
}

Result<JsonText> TestWorld::tell_now(const Arguments&) { return "{\"now\":" + std::to_string(node_.now().ms) + "}"; }

Result<JsonText> TestWorld::check_activity(const Arguments& arguments) {
  const std::string name = arguments.text("name");
  if (program_->has_activity(name)) return JsonText(kDone);
  return Error{ErrorCode::unknown_activity, "the bundle has no activity '" + name + "'",
               "activities are named <file>.<function>, after activities/<file>.lua"};
}

Result<JsonText> TestWorld::run_activity(const Arguments& arguments) {
  const std::string name = arguments.text("name");
  ActivityContext context;
  context.instance = "test";
  context.idempotency_key = "test." + std::to_string(++last_id_);
  context.attempt = static_cast<std::uint32_t>(arguments.integer("attempt", 1));
  context.now = node_.now();
  context.settings = arguments.json("settings");
  const ActivityEnded ended =
      testing::run_activity(program_, name, arguments.json("input"), std::move(context), *tests_);
  JsonWriter writer;
  writer.begin_object();
  if (ended.outcome.kind != OutcomeKind::value) {
    const Failure& failure = ended.outcome.failure;
    writer.key("failed").begin_object().field("code", failure.code).field("message", failure.message);
    if (!failure.details.empty()) writer.json_field("details", failure.details);
    writer.flag("retryable", ended.retryable);
    if (ended.retry_after) writer.field("retry_after", format_duration(*ended.retry_after));
    writer.end_object();
  } else if (!ended.outcome.value.empty()) {
    writer.json_field("value", ended.outcome.value);
  }
  writer.end_object();
  return std::move(writer).take();
}

Result<JsonText> TestWorld::map(const Arguments& arguments) {
  const std::string name = arguments.text("mapping");
  for (const MappingDefinition& mapping : program_->mappings()) {
    if (mapping.name != name) continue;
    const auto message = message_json(arguments);
    if (!message.ok()) return message.error();
    MappingRun run(program_);
    const auto events = run.map(mapping, *message);
    JsonWriter writer;
    writer.begin_object();
    if (events.ok()) {
      writer.json_field("events", *events);
    } else if (events.error().code == ErrorCode::unmapped_message || events.error().code == ErrorCode::bad_field) {
      writer.field("reason", events.error().detail);
    } else {
      return events.error();
    }
    writer.end_object();
    return std::move(writer).take();
  }
  return Error{ErrorCode::not_found, "the bundle has no mapping '" + name + "'", {}};
}

Result<JsonText> TestWorld::message(const Arguments& arguments) {
  AcceptRequest request;
  request.format = "hl7v2";
  request.raw = hl7_lines(arguments.text("text"));
  request.by = Principal{PrincipalKind::service, "tester", "", "mllp", ""};
  return accept(std::move(request));
}

Result<JsonText> TestWorld::crash(const Arguments&) {
  Status done = node_.crash();
  if (done) done = node_.settle();
  return done ? Result<JsonText>(kDone) : done.error();
}

Result<JsonText> TestWorld::ask_crash_everywhere(const Arguments&) {
  crash_everywhere_ = true;
  return JsonText(kDone);
}

Result<JsonText> TestWorld::situation(const Arguments&) {
  JsonWriter writer;
  writer.begin_object().field("text", node_.started() ? situation_text(node_.reader()) : "  no instance was started");
  writer.end_object();
  return std::move(writer).take();
}

}  // namespace baton::testing
