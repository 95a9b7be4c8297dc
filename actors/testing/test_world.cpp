#include "actors/testing/test_world.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "actors/testing/situation.hpp"
#include "actors/testing/test_activities.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/engine/check.hpp"
#include "runtime/engine/patient.hpp"
#include "runtime/model/record_json.hpp"

namespace baton::testing {

namespace {

constexpr char kNothing[] = "{}";
constexpr char kSender[] = "TEST";  // The source of events that a case makes.

Principal person_of(const std::optional<Arguments>& who) {
  if (!who) return {PrincipalKind::person, "tester", "", "local", ""};
  return {PrincipalKind::person, who->text("subject"), who->text("role"), "local", ""};
}

Error no_such_instance(const std::string& id) { return {ErrorCode::not_found, "there is no instance " + id, {}}; }

template <typename Record, typename Write>
JsonText list_of(const std::vector<Record>& records, Write write) {
  JsonWriter writer;
  writer.begin_object().key("list").begin_array();
  for (const Record& record : records) write(writer, record);
  writer.end_array().end_object();
  return std::move(writer).take();
}

// {"value":..}, or {} for nil.
JsonText value_json(const JsonText& value) {
  JsonWriter writer;
  writer.begin_object();
  if (!value.empty()) writer.json_field("value", value);
  writer.end_object();
  return std::move(writer).take();
}

}  // namespace

TestWorld::TestWorld(const TestBundle& bundle, std::uint64_t seed, std::size_t crash_at)
    : program_(bundle.program),
      node_(bundle, seed, crash_at,
            {[this](const PendingRecord& pending) { return mocked_work(pending, *tests_); },
             [this](const HttpCall& call) { return answer_http(call, *tests_); }}) {}

TestWorld::Verb TestWorld::find_verb(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Verb>, 28> kVerbs{{
      {"activity", &TestWorld::run_activity},
      {"alerts", &TestWorld::alerts},
      {"cancel", &TestWorld::cancel},
      {"check_activity", &TestWorld::check_activity},
      {"claim", &TestWorld::claim},
      {"clock", &TestWorld::clock},
      {"crash", &TestWorld::crash},
      {"crash_everywhere", &TestWorld::ask_crash_everywhere},
      {"decide", &TestWorld::decide},
      {"event", &TestWorld::event},
      {"history", &TestWorld::history},
      {"incidents", &TestWorld::incidents},
      {"instance", &TestWorld::instance},
      {"instances", &TestWorld::instances},
      {"map", &TestWorld::map},
      {"message", &TestWorld::message},
      {"now", &TestWorld::tell_now},
      {"override", &TestWorld::override_outcome},
      {"query", &TestWorld::query},
      {"replay", &TestWorld::replay},
      {"resolve", &TestWorld::resolve},
      {"settle", &TestWorld::settle_alert},
      {"signal", &TestWorld::signal},
      {"situation", &TestWorld::situation},
      {"skip", &TestWorld::skip},
      {"start", &TestWorld::start},
      {"tasks", &TestWorld::tasks},
      {"update", &TestWorld::update},
  }};
  const auto found = std::find_if(kVerbs.begin(), kVerbs.end(), [&](const auto& verb) { return verb.first == name; });
  BATON_ASSERT(found != kVerbs.end());  // workflows-lua/testing/test.lua asks for nothing else.
  return found->second;
}

Result<JsonText> TestWorld::ask(std::string_view verb, const JsonText& arguments) {
  const bool harmless = verb == "now" || verb == "check_activity" || verb == "situation";
  if (asking_ && !harmless) {
    return Error{ErrorCode::conflict, "a mock answers in the middle of a step, and cannot ask for " + std::string(verb),
                 "ask before or after the call that made the activity run"};
  }
  const bool outer = std::exchange(asking_, true);
  Result<JsonText> answer = (this->*find_verb(verb))(Arguments(arguments));
  asking_ = outer;
  return answer;
}

// ---- instances and events --------------------------------------------------------------------------------------------

std::string TestWorld::next_id(std::string_view prefix) {
  return std::string(prefix) + "-" + std::to_string(++last_id_);
}

// The id of the person whom t:event would mean by the same text, or who has it for an id.
std::string TestWorld::patient_named(const std::string& text) const {
  if (text.empty()) return {};
  const auto known = node_.reader().patient(text);
  if (known.ok() && known->has_value()) return text;
  return patient_id_of({Identifier{kSender, text, "MR"}});
}

Result<JsonText> TestWorld::start(const Arguments& arguments) {
  if (Status started = node_.start(); !started) return started.error();
  StartRequest request;
  request.workflow = arguments.text("workflow");
  request.id = arguments.text("id").empty() ? next_id(request.workflow) : arguments.text("id");
  request.input = arguments.json("input");
  request.patient = patient_named(arguments.text("patient"));
  request.business_key = arguments.text("key");
  request.by = person_of(std::nullopt);
  const std::string id = request.id;
  const auto started = node_.request(std::move(request));
  if (!started.ok()) return started.error();
  const auto record = node_.reader().instance(id);
  if (!record.ok()) return record.error();
  if (!record->has_value()) return no_such_instance(id);
  return to_json(**record);
}

Result<JsonText> TestWorld::event(const Arguments& arguments) {
  if (Status started = node_.start(); !started) return started.error();
  JsonWriter writer;
  writer.begin_object().field("type", arguments.text("type")).json_field("patient", arguments.json("patient"));
  writer.optional_field("encounter", arguments.text("encounter"));
  const JsonText at = arguments.json("occurred_at");
  const bool is_number = !at.empty() && at.front() != '"';
  if (at.empty() || is_number) {
    writer.field("occurred_at", format_instant(is_number ? Instant{arguments.integer("occurred_at", 0)} : node_.now()));
  } else {
    writer.json_field("occurred_at", at);
  }
  for (const std::string_view name : {"data", "merge"}) {
    if (const JsonText value = arguments.json(name); !value.empty()) writer.json_field(name, value);
  }
  writer.end_object();
  AcceptRequest request;
  request.format = "json";
  request.raw = std::move(writer).take();
  request.source = kSender;
  request.message_id = next_id("event");
  request.by = Principal{PrincipalKind::service, "tester", "", "local", ""};
  auto taken = accept(std::move(request));
  if (!taken.ok()) return taken;
  const Arguments answer(*taken);
  if (const std::string reason = answer.text("reason"); !reason.empty()) {
    return Error{ErrorCode::bad_event, "the event was refused: " + reason, {}};
  }
  return answer.json("event");
}

// {"event":the first canonical event} or {"reason":why it went to quarantine}.
Result<JsonText> TestWorld::accept(AcceptRequest request) {
  const auto accepted = node_.request(std::move(request));
  if (!accepted.ok()) return accepted.error();
  const Arguments answer(*accepted);
  JsonWriter writer;
  writer.begin_object();
  if (answer.text("state") == "quarantined") {
    writer.field("reason", answer.text("reason_code") + ": " + answer.text("reason"));
  } else {
    const boost::json::value events = boost::json::parse(answer.json("events").empty() ? "[]" : answer.json("events"));
    if (events.is_array() && !events.as_array().empty() && events.as_array().front().is_string()) {
      const auto record = node_.reader().event(std::string(events.as_array().front().as_string()));
      if (!record.ok()) return record.error();
      if (record->has_value()) writer.json_field("event", (*record)->event);
    }
  }
  writer.end_object();
  return std::move(writer).take();
}

Result<JsonText> TestWorld::instances(const Arguments& arguments) {
  const std::string workflow = arguments.text("workflow");
  if (program_->find_workflow(workflow) == nullptr) {
    return Error{ErrorCode::unknown_workflow, "the bundle has no workflow '" + workflow + "'", {}};
  }
  if (Status started = node_.start(); !started) return started.error();
  std::vector<InstanceRecord> found;
  for (InstanceRecord& each : all_instances(node_.reader())) {
    if (each.workflow == workflow) found.push_back(std::move(each));
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.started_at > b.started_at; });
  return list_of(found, [](JsonWriter& writer, const InstanceRecord& record) { write_json(writer, record); });
}

Result<JsonText> TestWorld::instance(const Arguments& arguments) {
  const auto record = node_.reader().instance(arguments.text("id"));
  if (!record.ok()) return record.error();
  if (!record->has_value()) return no_such_instance(arguments.text("id"));
  return to_json(**record);
}

Result<JsonText> TestWorld::history(const Arguments& arguments) {
  EntryIndex index = 0;
  return list_of(journal_of(node_.reader(), arguments.text("id")),
                 [&](JsonWriter& writer, const Entry& entry) { write_json(writer, index++, entry); });
}

Result<JsonText> TestWorld::tell(const Arguments& arguments, InstanceMessage message,
                                 const std::function<bool()>& done) {
  return node_.request(InstanceRequest{arguments.text("id"), std::move(message)}, done);
}

Result<JsonText> TestWorld::signal(const Arguments& arguments) {
  SendSignal signal;
  signal.name = arguments.text("name");
  signal.payload = arguments.json("payload");
  signal.message_id = next_id("signal");
  signal.by = person_of(std::nullopt);
  const auto sent = tell(arguments, std::move(signal));
  return sent.ok() ? Result<JsonText>(kNothing) : sent;
}

Result<JsonText> TestWorld::query(const Arguments& arguments) {
  RunQuery query;
  query.name = arguments.text("name");
  query.arguments = arguments.json("arguments");
  const auto answer = tell(arguments, std::move(query));
  return answer.ok() ? Result<JsonText>(value_json(*answer)) : answer;
}

Result<JsonText> TestWorld::update(const Arguments& arguments) {
  SendUpdate update;
  update.name = arguments.text("name");
  update.payload = arguments.json("arguments");
  update.update_id = next_id("update");
  update.by = person_of(std::nullopt);
  const auto answer = tell(arguments, std::move(update));
  return answer.ok() ? Result<JsonText>(value_json(*answer)) : answer;
}

Result<JsonText> TestWorld::cancel(const Arguments& arguments) {
  CancelInstance cancelling;
  cancelling.reason = arguments.text("reason");
  cancelling.by = person_of(std::nullopt);
  const auto answer = tell(arguments, std::move(cancelling));
  return answer.ok() ? Result<JsonText>(kNothing) : answer;
}

// ---- people ----------------------------------------------------------------------------------------------------------

Result<JsonText> TestWorld::tasks(const Arguments&) {
  if (Status started = node_.start(); !started) return started.error();
  return list_of(open_tasks(node_.reader()), [](JsonWriter& writer, const TaskRecord& record) {
    writer.begin_object().json_field("record", to_json(record));
    if (record.due) writer.field("due", record.due->ms);
    writer.end_object();
  });
}

Result<JsonText> TestWorld::act_on_task(const Arguments& arguments, ActOnTask action) {
  const auto id = parse_task_id(arguments.text("task"));
  BATON_ASSERT(id.has_value());
  action.seq = id->second;
  const auto by = arguments.object("by");
  action.by = person_of(by);
  // A test that says of which unit somebody is means it.
  const std::string unit = by ? by->text("unit") : std::string();
  action.every_unit = unit.empty();
  if (!unit.empty()) action.units = {unit};
  const auto done = node_.request(InstanceRequest{id->first, std::move(action)});
  return done.ok() ? Result<JsonText>(kNothing) : done;
}

Result<JsonText> TestWorld::claim(const Arguments& arguments) {
  ActOnTask action;
  action.action = "claim";
  return act_on_task(arguments, std::move(action));
}

Result<JsonText> TestWorld::decide(const Arguments& arguments) {
  ActOnTask action;
  action.action = "decide";
  action.outcome = arguments.text("outcome");
  action.value = arguments.json("value");
  action.reason = arguments.text("reason");
  action.reason_code = arguments.text("reason_code");
  return act_on_task(arguments, std::move(action));
}

Result<JsonText> TestWorld::alerts(const Arguments&) {
  if (Status started = node_.start(); !started) return started.error();
  const auto page = node_.reader().list_alerts({}, {}, limits::kPageSize);
  if (!page.ok()) return page.error();
  return list_of(page->items, [](JsonWriter& writer, const AlertRecord& record) { write_json(writer, record); });
}

Result<JsonText> TestWorld::settle_alert(const Arguments& arguments) {
  const auto id = parse_task_id(arguments.text("alert"));
  BATON_ASSERT(id.has_value());
  ActOnAlert action;
  action.number = id->second;
  action.action = arguments.text("action");
  action.reason = arguments.text("reason");
  action.by = person_of(arguments.object("by"));
  action.every_unit = true;
  const auto done = node_.request(InstanceRequest{id->first, std::move(action)});
  return done.ok() ? Result<JsonText>(kNothing) : done;
}

Result<JsonText> TestWorld::override_outcome(const Arguments& arguments) {
  OverrideOutcome overriding;
  overriding.target = arguments.text("target");
  overriding.after = arguments.json("after");
  overriding.reason = arguments.text("reason");
  overriding.reason_code = arguments.text("code");
  overriding.by = person_of(arguments.object("by"));
  const auto count = [this, id = arguments.text("id")] {
    const auto journal = journal_of(node_.reader(), id);
    return std::count_if(journal.begin(), journal.end(),
                         [](const Entry& entry) { return std::holds_alternative<OutcomeOverridden>(entry.body); });
  };
  const auto before = count();
  const auto answer = tell(arguments, std::move(overriding), [&] { return count() > before; });
  return answer.ok() ? Result<JsonText>(kNothing) : answer;
}

Result<JsonText> TestWorld::incidents(const Arguments&) {
  if (!node_.started()) return JsonText("{\"list\":[]}");
  return list_of(open_incidents(node_.reader()), [](JsonWriter& writer, const IncidentRecord& record) {
    writer.begin_object()
        .json_field("record", to_json(record))
        .field("name", name_of_code(record.cause.code))
        .end_object();
  });
}

Result<JsonText> TestWorld::resolve(const Arguments& arguments) {
  ResolveIncident resolving;
  resolving.number = static_cast<std::uint32_t>(arguments.integer("number", 0));
  const std::string action = arguments.text("action");
  for (const auto each :
       {IncidentAction::retry, IncidentAction::skip, IncidentAction::rewind, IncidentAction::cancel}) {
    if (action == to_string(each)) resolving.action = each;
  }
  resolving.value = arguments.json("value");
  resolving.rewind_to = static_cast<EntryIndex>(arguments.integer("index", 0));
  resolving.reason = "the test says so";
  resolving.by = person_of(std::nullopt);
  const auto done = node_.request(InstanceRequest{arguments.text("instance"), std::move(resolving)});
  return done.ok() ? Result<JsonText>(kNothing) : done;
}

// ---- afterwards ------------------------------------------------------------------------------------------------------

Status TestWorld::replay_instance(const InstanceRecord& instance) {
  std::vector<Entry> journal = journal_of(node_.reader(), instance.id);
  journal.erase(journal.begin(), journal.begin() + instance.run_begins_at);
  const CheckFinding finding = check(instance.id, journal, instance.run_begins_at, instance.workflow, program_);
  // The script of a closed instance ends on its replay as well, which a check calls safe.
  const bool agrees = finding.verdict == CheckVerdict::same ||
                      (finding.verdict == CheckVerdict::safe && !instance.open() && finding.script_line.empty());
  if (agrees || instance.open_incidents > 0) return success();
  return Error{ErrorCode::replay_mismatch,
               "a replay of " + instance.id + " does not agree with its journal: " + finding.message + " (journal " +
                   finding.journal_line + ", script " + finding.script_line + ")",
               "a workflow learns from outside through ctx only, and keeps no state beside it"};
}

Result<JsonText> TestWorld::replay(const Arguments& arguments) {
  const auto record = node_.reader().instance(arguments.text("id"));
  if (!record.ok()) return record.error();
  if (!record->has_value()) return no_such_instance(arguments.text("id"));
  const Status replayed = replay_instance(**record);
  return replayed ? Result<JsonText>(kNothing) : replayed.error();
}

Status TestWorld::replay_all() {
  if (!node_.started()) return success();
  for (const InstanceRecord& instance : all_instances(node_.reader())) {
    if (Status replayed = replay_instance(instance); !replayed) return replayed;
  }
  return success();
}

std::set<std::string> TestWorld::facts() const {
  return node_.started() ? end_facts(node_.reader(), node_.work()) : std::set<std::string>();
}

std::string TestWorld::histories() const { return node_.started() ? histories_text(node_.reader()) : std::string(); }

}  // namespace baton::testing
