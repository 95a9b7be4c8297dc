#include "runtime/engine/patient.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <set>

#include "runtime/base/sha256.hpp"
#include "runtime/engine/instance_state.hpp"
#include "runtime/engine/patient_turn.hpp"
#include "runtime/model/case_id.hpp"
#include "runtime/model/own_document.hpp"

namespace baton {
namespace {

// The value of the event field that keys a workflow: "encounter", "patient", or a path; empty when it is not there.
std::string key_of(const std::string& field, const std::string& patient, const JsonText& event) {
  if (field == "patient") return patient;
  const auto parsed = parse_own_document(event);
  if (!parsed.ok()) return {};
  const boost::json::value* value = &*parsed;
  std::string_view path = field;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    const auto* const object = value->if_object();
    if (object == nullptr) return {};
    value = object->if_contains(path.substr(0, dot));
    if (value == nullptr) return {};
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  if (value->is_string()) return std::string(value->get_string());
  return value->is_int64() ? std::to_string(value->get_int64()) : std::string();
}

// How well an identifier of a type of HL7 table 0203 says who somebody is: 0 is best. Numbers of payers are shared by families, and
// those of accounts and visits change with each stay.
constexpr int kLastOwnRank = 1;  // Up to here it is certainly of one person.
int rank_of(std::string_view type) {
  constexpr std::array<std::string_view, 10> kOfOthers{"AN", "ANC", "AND", "ANT", "MA", "MB", "MC", "SN", "VN", "WCN"};
  if (type == "MR") return 0;
  if (type == "PI") return 1;
  return std::ranges::find(kOfOthers, type) == kOfOthers.end() ? 2 : 3;
}

bool any_matches(const std::vector<std::string>& patterns, const std::string& type) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&type](const std::string& pattern) { return matches_pattern(pattern, type); });
}

// {"patient":..,"encounter":..,"event":{..}}
JsonText input_of(const std::string& patient, const std::string& encounter, const JsonText& event) {
  JsonWriter writer;
  writer.begin_object().field("patient", patient).optional_field("encounter", encounter).json_field("event", event);
  writer.end_object();
  return std::move(writer).take();
}

}  // namespace

std::vector<std::string> patient_ids_of(const std::vector<Identifier>& identifiers) {
  std::vector<std::string> ids;
  int best = std::numeric_limits<int>::max();
  for (const Identifier& identifier : identifiers) {
    const int rank = rank_of(identifier.type);
    const bool is_another = rank == best && rank <= kLastOwnRank;
    if (rank >= best && !is_another) continue;
    if (rank < best) ids.clear();
    best = rank;
    ids.push_back("p" + to_hex(sha256(identifier.system + "\x1f" + identifier.value)).substr(0, 24));
  }
  return ids;
}

std::string patient_id_of(const std::vector<Identifier>& identifiers) {
  const auto ids = patient_ids_of(identifiers);
  return ids.empty() ? std::string() : ids.front();
}

// ---- the turn --------------------------------------------------------------------------------------------------------

void PatientTurn::answer(std::uint64_t reply_to, JsonText json) {
  if (reply_to != 0) replies_.push_back({reply_to, Result<JsonText>(std::move(json))});
}

AuditRecord PatientTurn::audit_of(std::string_view action_code, const Principal& by) const {
  AuditRecord audit;
  audit.action = action_code;
  audit.at = at_;
  audit.by = by;
  audit.patient = record_.id;
  return audit;
}

void PatientTurn::send(Address to, OutboxBody body) {
  Frozen<OutboxRecord> outbox =
      OutboxRecord{{ActorKind::patient, record_.id}, std::move(to), ++record_.sent["all"], std::move(body)};
  changes_.push_back(PutOutbox{outbox});
  effects_.push_back(DeliverOutbox{std::move(outbox)});
}

Handled PatientTurn::finish() && {
  if (changes_.empty()) return {std::nullopt, std::move(replies_)};
  record_.last_at = at_;
  if (exists_) {
    changes_.push_back(PutPatient{record_});
    effects_.push_back(Notify{"patient", record_.id, record_.id});
  }
  if (audit_.empty()) audit_.push_back(audit_of(action::kPatientUpdated, {}));
  std::vector<AuditLeaf> leaves(std::make_move_iterator(audit_.begin()), std::make_move_iterator(audit_.end()));
  return {Turn(std::move(changes_), std::move(leaves), std::move(effects_), std::move(replies_)), {}};
}

void PatientTurn::learn(const std::vector<Identifier>& identifiers) {
  for (const Identifier& identifier : identifiers) {
    if (std::find(record_.identifiers.begin(), record_.identifiers.end(), identifier) == record_.identifiers.end()) {
      record_.identifiers.push_back(identifier);
    }
  }
}

void PatientTurn::begin_with(const std::vector<EventRecord>& events, const std::string& message, const Principal& by) {
  if (!exists_) {
    exists_ = true;
    audit_.push_back(audit_of(action::kPatientCreated, by));
  }
  AuditRecord accepted = audit_of(action::kMessageAccepted, by);
  accepted.object = message;
  accepted.source_event = events.empty() ? "" : events.front().id;
  accepted.outcome = events.empty() ? "nothing to tell" : events.front().type;
  audit_.push_back(std::move(accepted));
}

void PatientTurn::take(AcceptMessage message) {
  begin_with(message.events, message.message.source + "|" + message.message.message_id, message.by);
  const JsonText answer_text = message.message.answer;
  changes_.push_back(PutMessage{std::nullopt, std::move(message.message)});
  take_events({std::move(message.events), std::move(message.identifiers), std::move(message.demographics),
               std::move(message.merged_patient), std::move(message.merged_identifiers), std::move(message.by)});
  for (auto& [patient, said] : message.others) send({ActorKind::patient, patient}, std::move(said));
  answer(message.reply_to, answer_text);
}

void PatientTurn::take_events(ForwardEvents said) {
  if (!is_alive_for(said)) return;
  learn(said.identifiers);
  if (!said.demographics.empty() && said.demographics != "{}") record_.demographics = std::move(said.demographics);
  if (!said.merged_patient.empty() && said.merged_patient != record_.id) {
    merge(said.merged_patient, said.merged_identifiers, said.by);
  }
  for (EventRecord& event : said.events) {
    event.patient = record_.id;
    ++record_.events;
    if (record_.awaited.empty()) {
      route(event);
    } else {
      record_.held.push_back(event);
    }
    changes_.push_back(PutEvent{std::move(event)});
  }
}

// An event reaches every open instance that listens for it, and starts those whose trigger it is.
void PatientTurn::route(const EventRecord& event) {
  std::vector<std::string> triggered;
  for (const Subscription& subscription : workflows_.live) {
    const WorkflowDefinition& definition = *subscription.definition;
    if (!any_matches(definition.on_events, event.type)) continue;
    const std::string key = key_of(definition.on_key, record_.id, event.event);
    if (key.empty()) continue;
    const std::string run_key = definition.name + "/" + key;
    const bool is_open = std::any_of(
        record_.open_instances.begin(), record_.open_instances.end(),
        [&](const OpenInstance& each) { return each.workflow == definition.name && each.business_key == key; });
    std::uint32_t& runs = record_.runs[run_key];
    if (is_open || (runs > 0 && !definition.again)) continue;
    ++runs;
    const std::string id = case_id_of(definition.name, record_.id, key) + (runs > 1 ? "~" + std::to_string(runs) : "");
    triggered.push_back(id);
    start(definition, subscription.bundle, id, key, event);
  }
  // Once each, however many keys it has; one that was just started has the event already.
  std::vector<std::string> reached = std::move(triggered);
  for (const OpenInstance& open : record_.open_instances) {
    if (std::find(reached.begin(), reached.end(), open.id) != reached.end()) continue;
    reached.push_back(open.id);
    if (!listens(open, event.type)) continue;
    send({ActorKind::instance, open.id}, DeliverEvent{event.id, event.type, event.event});
  }
}

// By the version that the case runs. Of one that has yet to take its first turn that is the live one; and where nobody knows,
// better one event too many.
bool PatientTurn::listens(const OpenInstance& open, const std::string& type) const {
  const std::shared_ptr<const Program> own = workflows_.program_of ? workflows_.program_of(open.id) : nullptr;
  const WorkflowDefinition* definition = own == nullptr ? nullptr : own->find_workflow(open.workflow);
  for (const Subscription& subscription : workflows_.live) {
    if (definition == nullptr && subscription.definition->name == open.workflow) definition = subscription.definition;
  }
  return definition == nullptr || definition->listens.empty() || any_matches(definition->listens, type);
}

void PatientTurn::start(const WorkflowDefinition& definition, const std::string& bundle, const std::string& id,
                        const std::string& key, const EventRecord& event) {
  StartWorkflow body;
  body.workflow = definition.name;
  body.bundle = bundle;
  body.input = input_of(record_.id, key_of("encounter", record_.id, event.event), event.event);
  body.patient = record_.id;
  body.business_key = key;
  body.source_event = event.id;
  record_.open_instances.push_back({id, definition.name, key});
  send({ActorKind::instance, id}, std::move(body));
}

void PatientTurn::take(TakePatientDelivery message) {
  OutboxRecord& delivery = message.record;
  changes_.push_back(DeleteOutbox{delivery.from, delivery.to, delivery.seq});
  const bool from_instance = delivery.from.kind == ActorKind::instance;
  const std::string sender = (from_instance ? "i:" : "p:") + delivery.from.id;
  const auto taken = record_.taken.find(sender);
  if (taken != record_.taken.end() && taken->second >= delivery.seq) return;
  record_.taken[sender] = delivery.seq;
  if (const auto* closed = std::get_if<InstanceClosed>(&delivery.body)) {
    exists_ = true;  // A case that ends in its first turn says this alone, and the record begins with it all the same.
    const auto is_it = [&](const OpenInstance& each) { return each.id == closed->instance; };
    const bool known = std::erase_if(record_.open_instances, is_it) > 0;
    // A closed instance never writes again; one that is still to be taken over is known by this to have closed.
    if (from_instance && record_.awaited.empty()) record_.taken.erase(sender);
    if (!known) static_cast<void>(is_alive_for(*closed));
  } else if (const auto* opened = std::get_if<InstanceOpened>(&delivery.body)) {
    exists_ = true;
    if (!is_alive_for(*opened)) return send({ActorKind::instance, opened->instance}, move_to_survivor());
    record_.open_instances.push_back({opened->instance, opened->workflow, opened->business_key});
  } else if (const auto* added = std::get_if<AddKey>(&delivery.body)) {
    add_key(*added);
  } else if (auto* forwarded = std::get_if<ForwardEvents>(&delivery.body)) {
    if (record_.merged_into.empty() && !forwarded->events.empty()) {
      const EventRecord& first = forwarded->events.front();
      begin_with(forwarded->events, first.source + "|" + first.message_id, forwarded->by);
    }
    take_events(std::move(*forwarded));
  } else if (const auto* merged = std::get_if<MergeInto>(&delivery.body)) {
    end_in_favour_of(merged->survivor);
  } else if (const auto* over = std::get_if<TakeOver>(&delivery.body)) {
    take_over(*over);
  }
}

// A person who comes back begins anew: nothing of the record stays in memory, and what is written from now on is sealed
// under another key. The outbox counts on, so that nothing new looks like something old.
void PatientTurn::take(const ErasePatient& message) {
  if (!record_.open_instances.empty()) {
    std::set<std::string> cases;
    for (const OpenInstance& each : record_.open_instances) cases.insert(each.id);
    const Error open{ErrorCode::conflict, std::to_string(cases.size()) + " cases about this person are open",
                     "let them end, or cancel them, then approve the erasure again"};
    if (message.reply_to != 0) replies_.push_back({message.reply_to, open});
    return;
  }
  if (!record_.awaited.empty()) {
    const Error merging{ErrorCode::conflict, "another record of this person is just being merged into this one",
                        "approve the erasure again in a moment"};
    if (message.reply_to != 0) replies_.push_back({message.reply_to, merging});
    return;
  }
  changes_.push_back(RetireKey{key_owner_of_patient(record_.id), message.erasure});
  AuditRecord begun = audit_of(action::kErasureBegun, message.by);
  begun.object = message.erasure;
  audit_.push_back(std::move(begun));
  PatientRecord fresh;
  fresh.id = std::move(record_.id);
  fresh.sent = std::move(record_.sent);
  record_ = std::move(fresh);
  exists_ = false;
  answer(message.reply_to, "{}");
}

// ---- Patient -----------------------------------------------------------------------------------------------------------

Patient::Patient(std::string id, std::optional<PatientRecord> stored, std::uint64_t sent_before) {
  exists_ = stored.has_value();
  if (sent_before > 0) record_.sent["all"] = sent_before;
  if (stored) record_ = std::move(*stored);
  record_.id = std::move(id);
}

Handled Patient::handle(std::vector<PatientMessage> messages, const KnownWorkflows& workflows, Instant now) {
  PatientTurn turn(record_, exists_, workflows, std::max(now, record_.last_at));
  for (PatientMessage& message : messages) {
    std::visit([&turn](auto& each) { turn.take(std::move(each)); }, message);
  }
  return std::move(turn).finish();
}

std::size_t Patient::memory() const {
  return sizeof(PatientRecord) + record_.demographics.size() + record_.identifiers.size() * 96 +
         (record_.open_instances.size() + record_.runs.size() + record_.taken.size()) * 128;
}

}  // namespace baton
