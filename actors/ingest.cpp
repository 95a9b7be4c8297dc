#include "actors/ingest.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <set>
#include <utility>

#include "actors/log.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/clinical/hl7_json.hpp"

namespace baton {

namespace {

constexpr int kMergesFollowed = 32;

MessageRecord record_of(const Inbound& inbound, std::string state) {
  MessageRecord message;
  message.source = inbound.source;
  message.message_id = inbound.message_id;
  message.format = inbound.format;
  message.state = std::move(state);
  message.received_at = inbound.received_at;
  message.raw = inbound.raw;
  return message;
}

MessageRecord quarantined(const Inbound& inbound, const Error& why) {
  MessageRecord message = record_of(inbound, "quarantined");
  message.reason_code = std::string(code_of(why.code));
  message.reason = why.detail;
  message.answer = acknowledge(inbound, why);
  return message;
}

// How well a mapping fits: 3 it names the type and trigger, 2 the type, 1 it takes all, 0 not at all.
int fit(const MappingDefinition& mapping, const Inbound& inbound) {
  if (mapping.format != inbound.format) return 0;
  if (mapping.types.empty()) return 1;
  const std::string general = inbound.type.substr(0, inbound.type.find('^'));
  int best = 0;
  for (const std::string& type : mapping.types) {
    if (type == inbound.type) return 3;
    if (type == general) best = 2;
  }
  return best;
}

}  // namespace

void Ingest::accept(AcceptRequest request, std::uint64_t token) {
  if (request.format != "hl7v2" && request.format != "json") {
    return parts_.replies.give(
        token, Error{ErrorCode::bad_field, "format " + request.format + " is not taken here", "send hl7v2 or json"});
  }
  const std::string lane = lane_of(request);
  parts_.lanes.post(lane, [this, lane, request = std::move(request), token]() mutable {
    Inbound inbound = read_inbound(std::move(request), parts_.clock.now());
    inbound.lane = lane;
    take(std::move(inbound), token);
  });
}

void Ingest::take(Inbound inbound, std::uint64_t token) {
  Result<JsonText> answer = JsonText();
  const Standing standing = look_up(inbound, token, answer);
  if (standing == Standing::answered) return parts_.replies.give(token, std::move(answer));
  if (standing == Standing::on_its_way) return;
  parts_.replies.change(token, [this, name = Name{inbound.source, inbound.message_id}](Result<JsonText> given) {
    if (given.ok()) return given;
    // Nothing was stored, so the message may come again.
    std::vector<std::uint64_t> waiting;
    {
      const std::lock_guard lock(mutex_);
      const auto found = on_their_way_.find(name);
      if (found == on_their_way_.end()) return given;
      waiting = std::move(found->second.waiting);
      on_their_way_.erase(found);
    }
    for (const std::uint64_t other : waiting) parts_.replies.give(other, given);
    return given;
  });
  arrive(inbound, token);
}

void Ingest::arrive(const Inbound& inbound, std::uint64_t token) {
  try {
    route(inbound, token);
  } catch (const std::exception& failure) {
    log::error("message {} of {} could not be handled: {}", inbound.message_id, inbound.source, failure.what());
    const Error why{ErrorCode::script_error, "the message could not be handled", "look into the server's log"};
    commit_alone(inbound, quarantined(inbound, why), action::kMessageQuarantined, token);
  }
}

// Whether the message is new. One that has another content than the one of its name gets a name of its own.
Ingest::Standing Ingest::look_up(Inbound& inbound, std::uint64_t token, Result<JsonText>& answer) {
  const std::lock_guard lock(mutex_);
  while (true) {
    const Name name{inbound.source, inbound.message_id};
    const auto [mine, first] = on_their_way_.try_emplace(name, OnItsWay{inbound.raw, {}});
    if (!first && mine->second.raw == inbound.raw) {
      mine->second.waiting.push_back(token);
      return Standing::on_its_way;
    }
    auto stored = parts_.reader.message(inbound.source, inbound.message_id);
    if (first && stored.ok() && !stored->has_value()) return Standing::fresh;
    if (first) on_their_way_.erase(mine);
    if (!stored.ok()) {
      answer = stored.error();
      return Standing::answered;
    }
    if (stored->has_value() && (*stored)->raw == inbound.raw) {
      answer = answer_of(**stored);
      return Standing::answered;
    }
    inbound.unreadable = Error{ErrorCode::conflict, "another message of this source has this id already",
                               "have the sender give each message an id of its own; replay this one if it counts"};
    inbound.message_id += "~" + to_hex(sha256(inbound.raw)).substr(0, 12);
  }
}

void Ingest::route(const Inbound& inbound, std::uint64_t token) {
  const auto quarantine = [&](const Error& why) {
    commit_alone(inbound, quarantined(inbound, why), action::kMessageQuarantined, token);
  };
  if (inbound.unreadable) return quarantine(*inbound.unreadable);
  auto events = map(inbound);
  if (!events.ok()) return quarantine(events.error());
  if (events->empty()) {
    MessageRecord message = record_of(inbound, "accepted");
    message.answer = acknowledge(inbound, std::nullopt);
    return commit_alone(inbound, std::move(message), action::kMessageAccepted, token);
  }
  const auto hold = std::make_shared<PersonsInFlight::Hold>(persons_);
  auto parts = part(*events, *hold);
  if (!parts.ok()) return quarantine(parts.error());
  std::vector<std::string> patients;
  for (const auto& [patient, said] : *parts) patients.push_back(patient);
  if (must_wait(patients, inbound, token)) return;
  AcceptMessage accept = address(inbound, *std::move(parts));
  accept.reply_to = token;
  std::vector<std::string> others(patients.begin() + 1, patients.end());
  const auto answered = [this, message = accept.message, others, hold](Result<JsonText> given) -> Result<JsonText> {
    if (!others.empty()) let_go_on(others);
    if (!given.ok()) return given;
    finish(message);
    return answer_of(message);
  };
  parts_.replies.change(token, answered);
  parts_.router.deliver_to_patient(patients.front(), std::move(accept));
}

// A message about several people reaches all but the first of them through an outbox: what comes for those meanwhile waits
// until it is on its way to them, so that it overtakes nothing. What has waited goes on in its own lane, and what comes
// behind it there, about any of its people, waits as well.
bool Ingest::must_wait(const std::vector<std::string>& patients, const Inbound& inbound, std::uint64_t token) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t place = inbound.place > 0 ? inbound.place : last_place_ + 1;
  if (stands_behind(patients, inbound.lane, place)) {
    last_place_ = std::max(last_place_, place);
    Inbound again = inbound;
    again.place = place;
    const auto next = std::ranges::upper_bound(waiting_, place, {}, &Waiting::place);
    waiting_.insert(next, {inbound.lane, place, patients, [this, again, token] { arrive(again, token); }});
    return true;
  }
  for (std::size_t i = 1; i < patients.size(); ++i) ++blocked_[patients[i]];
  return false;
}

// Under the lock.
bool Ingest::stands_behind(const std::vector<std::string>& patients, const std::string& lane,
                           std::uint64_t place) const {
  if (std::ranges::any_of(patients, [&](const std::string& patient) { return blocked_.contains(patient); }))
    return true;
  return std::ranges::any_of(waiting_, [&](const Waiting& other) {
    return other.lane == lane && other.place < place &&
           std::ranges::find_first_of(other.patients, patients) != other.patients.end();
  });
}

void Ingest::let_go_on(const std::vector<std::string>& patients) {
  std::set<std::string> lanes;
  {
    const std::lock_guard lock(mutex_);
    for (const std::string& patient : patients) {
      const auto blocked = blocked_.find(patient);
      if (--blocked->second == 0) blocked_.erase(blocked);
    }
    for (const Waiting& each : waiting_) {
      if (std::ranges::find_first_of(each.patients, patients) != each.patients.end()) lanes.insert(each.lane);
    }
  }
  for (const std::string& lane : lanes) parts_.lanes.post(lane, [this, lane] { go_on(lane); });
}

// In that lane. What goes on may find itself behind another that does, and waits again, in its place.
void Ingest::go_on(const std::string& lane) {
  std::vector<std::function<void()>> ready;
  {
    const std::lock_guard lock(mutex_);
    for (auto each = waiting_.begin(); each != waiting_.end();) {
      if (each->lane != lane || stands_behind(each->patients, lane, each->place)) {
        ++each;
        continue;
      }
      ready.push_back(std::move(each->work));
      each = waiting_.erase(each);
    }
  }
  for (const auto& work : ready) work();
}

Result<std::vector<ClinicalEvent>> Ingest::map(const Inbound& inbound) {
  EventSource source{inbound.source, inbound.message_id, inbound.format, "canonical", {}, 0};
  if (inbound.format == "json") return read_mapped_events(inbound.event, source, inbound.received_at);
  const auto live = parts_.bundles.live();
  const MappingDefinition* best = nullptr;
  std::shared_ptr<const Program> owner;
  for (const auto& [name, program] : live->by_name) {
    for (const MappingDefinition& mapping : program->mappings()) {
      if (fit(mapping, inbound) <= (best == nullptr ? 0 : fit(*best, inbound))) continue;
      best = &mapping;
      owner = program;
    }
  }
  if (best == nullptr) {
    return Error{ErrorCode::unmapped_message, "no live mapping takes " + inbound.type,
                 "deploy a bundle with a mapping for it, then replay the message"};
  }
  auto mapped = run_mapping(owner, *best, inbound);
  if (!mapped.ok()) return mapped.error();
  source.mapping = best->name;
  source.mapping_version = owner->hash();
  return read_mapped_events(*mapped, source, inbound.received_at);
}

Result<JsonText> Ingest::run_mapping(const std::shared_ptr<const Program>& program, const MappingDefinition& mapping,
                                     const Inbound& inbound) {
  std::unique_ptr<MappingRun> run;
  {
    const std::lock_guard lock(mutex_);
    auto& idle = idle_mappings_[program->hash()];
    if (!idle.empty()) {
      run = std::move(idle.back());
      idle.pop_back();
    }
  }
  if (!run) run = std::make_unique<MappingRun>(program);
  auto mapped = run->map(mapping, json_of(inbound));
  const std::lock_guard lock(mutex_);
  if (mapped.ok()) idle_mappings_[program->hash()].push_back(std::move(run));
  return mapped;
}

JsonText Ingest::json_of(const Inbound& inbound) const {
  const Hl7Message& message = *inbound.hl7;
  const std::string application = message.sending_application();
  const std::string facility = message.sending_facility();
  for (const std::string& name : {application + "|" + facility, facility, application, std::string()}) {
    const auto zone = parts_.zones.find(name);
    if (zone != parts_.zones.end() && zone->second != TimeZone()) {
      return hl7_to_json(message, zone->second, inbound.received_at);
    }
    if (zone != parts_.zones.end()) break;
  }
  return hl7_to_json(message, 0);
}

// One part for each patient that the message speaks of, in its order; a second merge is a part of its own.
Result<Ingest::Parted> Ingest::part(const std::vector<ClinicalEvent>& events, PersonsInFlight::Hold& hold) {
  Parted parts;
  for (const ClinicalEvent& event : events) {
    auto patient = person_of(event.identifiers, hold);
    if (!patient.ok()) return patient.error();
    if (patient->empty()) {
      return Error{ErrorCode::bad_event, "an event of the message is about nobody", "give each event a patient"};
    }
    auto merged = person_of(event.merge, hold);
    if (!merged.ok()) return merged.error();
    if (*merged == *patient) merged = std::string();  // Merged before.
    auto found = std::find_if(parts.begin(), parts.end(), [&](const auto& each) {
      return each.first == *patient && (merged->empty() || each.second.merged_patient.empty());
    });
    if (found == parts.end()) found = parts.insert(parts.end(), {*patient, ForwardEvents{}});
    ForwardEvents& said = found->second;
    said.events.push_back(record_of(event));
    said.events.back().patient = *patient;
    for (const Identifier& identifier : event.identifiers) {
      if (std::find(said.identifiers.begin(), said.identifiers.end(), identifier) == said.identifiers.end()) {
        said.identifiers.push_back(identifier);
      }
    }
    if (event.demographics != "{}") said.demographics = event.demographics;
    if (merged->empty()) continue;
    said.merged_patient = *std::move(merged);
    said.merged_identifiers = event.merge;
  }
  return parts;
}

AcceptMessage Ingest::address(const Inbound& inbound, Parted parts) {
  AcceptMessage accept;
  accept.message = record_of(inbound, "accepted");
  for (auto& [patient, said] : parts) {
    said.by = inbound.by;
    for (const EventRecord& event : said.events) accept.message.events.push_back(event.id);
  }
  accept.message.answer = acknowledge(inbound, std::nullopt);
  ForwardEvents& first = parts.front().second;
  accept.events = std::move(first.events);
  accept.identifiers = std::move(first.identifiers);
  accept.demographics = std::move(first.demographics);
  accept.merged_patient = std::move(first.merged_patient);
  accept.merged_identifiers = std::move(first.merged_identifiers);
  accept.others.assign(std::make_move_iterator(parts.begin() + 1), std::make_move_iterator(parts.end()));
  accept.by = inbound.by;
  return accept;
}

Result<std::string> Ingest::person_of(const std::vector<Identifier>& identifiers, PersonsInFlight::Hold& hold) {
  const std::vector<std::string> ids = patient_ids_of(identifiers);
  if (ids.empty()) return std::string();
  auto stored = stored_person(ids);
  if (!stored.ok() || !stored->empty()) return stored;
  return persons_.choose(
      ids, [&] { return stored_person(ids); }, hold);
}

Result<std::string> Ingest::stored_person(const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    const auto record = parts_.reader.patient(id);
    const bool is_erased = !record.ok() && record.error().code == ErrorCode::erased;
    if (!record.ok() && !is_erased) return record.error();
    if (!is_erased && record->has_value()) return survivor_of(id);
  }
  return std::string();
}

Result<std::string> Ingest::survivor_of(std::string patient) {
  for (int i = 0; i < kMergesFollowed; ++i) {
    auto record = parts_.reader.patient(patient);
    if (!record.ok() && record.error().code == ErrorCode::erased) return patient;  // Who comes back begins anew.
    if (!record.ok()) return record.error();
    if (!record->has_value() || (*record)->merged_into.empty()) return patient;
    patient = (*record)->merged_into;
  }
  return Error{ErrorCode::bad_event, "the patient's record was merged in a circle",
               "look at the merges in the ledger ('baton audit query --patient ..'), and tell the sender"};
}

void Ingest::commit_alone(const Inbound& inbound, MessageRecord message, std::string_view what, std::uint64_t token) {
  AuditRecord record;
  record.action = what;
  record.at = inbound.received_at;
  record.by = inbound.by;
  record.object = message.source + "/" + message.message_id;
  record.reason_code = message.reason_code;
  record.reason = message.reason;
  std::vector<Change> changes;
  changes.push_back(PutMessage{std::nullopt, message});
  Turn turn(std::move(changes), {record}, {Notify{"message", record.object, {}}}, {});
  parts_.path.commit(std::move(turn), {}, [this, message = std::move(message), token] {
    finish(message);
    parts_.replies.give(token, answer_of(message));
  });
}

void Ingest::finish(const MessageRecord& message) {
  std::vector<std::uint64_t> waiting;
  {
    const std::lock_guard lock(mutex_);
    const auto found = on_their_way_.find({message.source, message.message_id});
    if (found != on_their_way_.end()) {
      waiting = std::move(found->second.waiting);
      on_their_way_.erase(found);
    }
  }
  for (const std::uint64_t token : waiting) parts_.replies.give(token, answer_of(message));
}

}  // namespace baton
