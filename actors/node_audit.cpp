// What the node says of its ledger and its decisions, and what it records of itself.
#include <sys/timex.h>

#include "actors/node_impl.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/engine/instance_standing.hpp"
#include "runtime/engine/reproduce.hpp"

namespace baton {
namespace {

constexpr std::string_view kConfiguration = "configuration";  // The hash of the last one, among the settings.

JsonText report_json(const std::string& instance, const Reproduction& report) {
  JsonWriter writer;
  writer.begin_object().field("instance", instance).flag("reproduced", report.reproduced());
  writer.field("entries", static_cast<std::int64_t>(report.entries));
  writer.field("decisions", static_cast<std::int64_t>(report.decisions));
  writer.field("operations", static_cast<std::int64_t>(report.operations)).key("bundles").begin_array();
  for (const std::string& bundle : report.bundles) writer.string(bundle);
  writer.end_array().key("differences").begin_array();
  for (const ReproductionDifference& difference : report.differences) {
    writer.begin_object().field("what", difference.what).optional_field("line", difference.line);
    writer.field("journal", difference.journal).field("replay", difference.replay).end_object();
  }
  writer.end_array().end_object();
  return std::move(writer).take();
}

void write_branch(JsonWriter& writer, const StandingBranch& branch) {
  writer.begin_object().field("path", branch.path);
  if (branch.waits_for) writer.field("waits_for", static_cast<std::int64_t>(*branch.waits_for));
  writer.key("frames").begin_array();
  for (const StandingFrame& frame : branch.frames) {
    writer.begin_object().field("line", frame.line).optional_field("function", frame.function);
    writer.key("values").begin_array();
    for (const StandingValue& value : frame.values) {
      writer.begin_object().field("name", value.name).flag("outer", value.outer);
      if (value.said.empty()) writer.json_field("value", value.value);
      writer.optional_field("said", value.said).end_object();
    }
    writer.end_array().end_object();
  }
  writer.end_array().end_object();
}

JsonText standing_json(const std::string& instance, const InstanceStanding& standing) {
  JsonWriter writer;
  writer.begin_object().field("instance", instance).field("bundle", standing.bundle);
  writer.field("entries", static_cast<std::int64_t>(standing.entries));
  if (standing.raised) {
    writer.key("raised").begin_object().field("line", standing.raised->line);
    writer.field("message", standing.raised->failure.message).end_object();
  }
  writer.key("branches").begin_array();
  for (const StandingBranch& branch : standing.branches) write_branch(writer, branch);
  writer.end_array().end_object();
  return std::move(writer).take();
}

}  // namespace

Result<std::vector<Entry>> Node::Impl::whole_journal(const std::string& instance) const {
  const auto rows = reader->journal(instance);
  if (!rows.ok()) return rows.error();
  if (rows->empty()) {
    return Error{ErrorCode::not_found, "there is no instance '" + instance + "'", "look for it with baton ls"};
  }
  std::vector<Entry> journal;
  for (const JournalRow& row : *rows) {
    auto entries = decode_entries(row.row);
    if (!entries.ok()) return entries.error();
    for (Entry& entry : *entries) journal.push_back(std::move(entry));
  }
  return journal;
}

Result<Reproduction> Node::Impl::reproduce(const std::string& instance) const {
  const auto journal = whole_journal(instance);
  if (!journal.ok()) return journal.error();
  return baton::reproduce(instance, *journal, *bundles);
}

Result<JsonText> Node::reproduce(const std::string& instance) const {
  const auto report = impl_->reproduce(instance);
  if (!report.ok()) return report.error();
  return report_json(instance, *report);
}

Result<JsonText> Node::standing(const std::string& instance) const {
  const auto journal = impl_->whole_journal(instance);
  if (!journal.ok()) return journal.error();
  const auto standing = stand(instance, *journal, *impl_->bundles);
  if (!standing.ok()) return standing.error();
  return standing_json(instance, *standing);
}

Watchman::Replayed Node::Impl::replay_next() {
  const auto page = reader->list_instances({}, replay_cursor_, 1);
  replay_cursor_ = page.ok() ? page->cursor : std::string();
  if (!page.ok() || page->items.empty() || page->items.front().open()) return {};
  const std::string& id = page->items.front().id;
  const auto report = reproduce(id);
  if (!report.ok()) return {true, "instance " + id + " cannot be run again: " + to_string(report.error())};
  if (report->reproduced()) return {true, {}};
  return {true, "instance " + id + ", run again, decides otherwise than its journal"};
}

// A clock that has lost its source, or has found one, is worth another thing: the records from here on say so.
void Node::Impl::look_at_clock() {
  const std::string now = clock_state();
  if (now == clock_was_) return;
  AuditRecord record;
  record.action = action::kClockChanged;
  record.at = clock->now();
  record.outcome = now;
  append_json_string(record.before, std::exchange(clock_was_, now));
  append_json_string(record.after, now);
  path->commit(Turn({}, {std::move(record)}, {}, {}), {}, {});
}

// What the clock of the records from here on is worth. A jump while the server runs is a record of its own.
std::string Node::Impl::clock_state() const {
  if (std::dynamic_pointer_cast<ManualClock>(clock) != nullptr) return "virtual";
  timex state{};
  const int known = ::adjtimex(&state);
  return known < 0 || known == TIME_ERROR || (state.status & STA_UNSYNC) != 0 ? "not synchronised" : "synchronised";
}

std::string Node::Impl::configuration_hash() const {
  return to_hex(sha256(options.configuration.empty() ? "{}" : options.configuration));
}

// With the hash of the one before, so that what ran under which configuration can be told from the ledger alone.
void Node::Impl::record_configuration() {
  const std::string hash = configuration_hash();
  const auto before = reader->named("settings", kConfiguration);
  if (!before.ok() || before->value_or("") == hash) return;
  AuditRecord record;
  record.action = action::kConfigurationChanged;
  record.at = clock->now();
  record.object = hash;
  if (*before) append_json_string(record.before, **before);
  record.after = options.configuration;
  path->commit(Turn({PutNamed{"settings", std::string(kConfiguration), hash}}, {record}, {}, {}), {}, {});
}

// Patient's data is on its way out: who gets it stands in the ledger before the first byte leaves. An attempt that is made
// again is another disclosure.
void Node::Impl::record_disclosure(const PendingRecord& pending, const HttpCall& call, std::function<void()> then) {
  AuditRecord record;
  record.action = action::kPatientDisclosed;
  record.at = clock->now();
  record.by = {PrincipalKind::script, pending.workflow, "", "", ""};
  record.patient = pending.patient;
  record.instance = pending.instance;
  record.workflow = pending.workflow;
  record.bundle = pending.bundle;
  record.line = pending.operation.line;
  record.rule = pending.operation.name;
  // The destination without its path, which may name the patient.
  const std::size_t host = call.url.find("://");
  record.object = call.url.substr(0, call.url.find_first_of("/?#", host == std::string::npos ? 0 : host + 3));
  JsonWriter writer;
  writer.begin_object().field("body", to_hex(sha256(call.body)));
  writer.field("body_size", static_cast<std::int64_t>(call.body.size())).field("method", call.method);
  writer.field("url", to_hex(sha256(call.url))).end_object();
  record.evidence = std::move(writer).take();
  path->commit(Turn({}, {std::move(record)}, {}, {}), {}, std::move(then));
}

const std::string& Node::audit_key() const { return impl_->signer->verifier_key(); }

}  // namespace baton
