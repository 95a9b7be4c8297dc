#include "actors/ingest.hpp"

#include <algorithm>
#include <exception>

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
  parts_.lanes.post(lane, [this, request = std::move(request), token]() mutable {
    take(read_inbound(std::move(request), parts_.clock.now()), token, {});
  });
}

void Ingest::take(Inbound inbound, std::uint64_t token, Then then) {
  Result<JsonText> answer = JsonText();
  const Standing standing = look_up(inbound, token, answer);
  if (standing == Standing::answered) return parts_.replies.give(token, std::move(answer));
  if (standing == Standing::on_its_way) return;
  parts_.replies.change(token, [this, name = Name{inbound.source, inbound.message_id}](Result<JsonText> given) {
    if (given.ok()) return given;
    // Nothing was stored, so the message may come again.
    const std::lock_guard lock(mutex_);
    const auto found = on_their_way_.find(name);
    if (found == on_their_way_.end()) return given;
    const std::vector<std::uint64_t> waiting = std::move(found->second.waiting);
    on_their_way_.erase(found);
    for (const std::uint64_t other : waiting) parts_.replies.give(other, given);
    return given;
  });
  try {
    arrive(inbound, token, then);
  } catch (const std::exception& failure) {
    log::error("message {} of {} could not be handled: {}", inbound.message_id, inbound.source, failure.what());
    const Error why{ErrorCode::script_error, "the message could not be handled", "look into the server's log"};
    commit_alone(inbound, quarantined(inbound, why), action::kMessageQuarantined, token, then);
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

void Ingest::arrive(Inbound inbound, std::uint64_t token, Then then) {
  const auto quarantine = [&](const Error& why) {
    commit_alone(inbound, quarantined(inbound, why), action::kMessageQuarantined, token, then);
  };
  if (inbound.unreadable) return quarantine(*inbound.unreadable);
  auto events = map(inbound);
  if (!events.ok()) return quarantine(events.error());
  if (events->empty()) {
    MessageRecord message = record_of(inbound, "accepted");
    message.answer = acknowledge(inbound, std::nullopt);
    return commit_alone(inbound, std::move(message), action::kMessageAccepted, token, then);
  }
  auto addressed = address(inbound, *events);
  if (!addressed.ok()) return quarantine(addressed.error());
  AcceptMessage accept = *std::move(addressed);
  accept.reply_to = token;
  const std::string patient = accept.events.front().patient;
  parts_.replies.change(token, [this, message = accept.message, then](Result<JsonText> given) -> Result<JsonText> {
    if (!given.ok()) return given;
    finish(message, then);
    return answer_of(message);
  });
  parts_.router.deliver_to_patient(patient, std::move(accept));
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
  auto mapped = run->map(mapping, hl7_to_json(*inbound.hl7, 0));
  const std::lock_guard lock(mutex_);
  if (mapped.ok()) idle_mappings_[program->hash()].push_back(std::move(run));
  return mapped;
}

Result<AcceptMessage> Ingest::address(const Inbound& inbound, const std::vector<ClinicalEvent>& events) {
  AcceptMessage accept;
  auto patient = survivor_of(patient_id_of(events.front().identifiers));
  if (!patient.ok()) return patient.error();
  for (const ClinicalEvent& event : events) {
    auto other = survivor_of(patient_id_of(event.identifiers));
    if (!other.ok()) return other.error();
    if (*other != *patient || patient->empty()) {
      return Error{ErrorCode::bad_event, "the message speaks of more than one patient, or of none",
                   "send one message for each patient"};
    }
    EventRecord record = record_of(event);
    record.patient = *patient;
    accept.events.push_back(std::move(record));
    for (const Identifier& identifier : event.identifiers) {
      if (std::find(accept.identifiers.begin(), accept.identifiers.end(), identifier) == accept.identifiers.end()) {
        accept.identifiers.push_back(identifier);
      }
    }
    if (event.demographics != "{}") accept.demographics = event.demographics;
    if (event.merge.empty()) continue;
    auto merged = survivor_of(patient_id_of(event.merge));
    if (!merged.ok()) return merged.error();
    if (*merged == *patient) continue;  // Merged before.
    accept.merged_patient = *std::move(merged);
    accept.merged_identifiers = event.merge;
  }
  accept.message = record_of(inbound, "accepted");
  for (const EventRecord& event : accept.events) accept.message.events.push_back(event.id);
  accept.message.answer = acknowledge(inbound, std::nullopt);
  accept.by = inbound.by;
  return accept;
}

Result<std::string> Ingest::survivor_of(std::string patient) {
  for (int i = 0; i < kMergesFollowed; ++i) {
    auto record = parts_.reader.patient(patient);
    if (!record.ok() && record.error().code == ErrorCode::erased) return patient;  // Who comes back begins anew.
    if (!record.ok()) return record.error();
    if (!record->has_value() || (*record)->merged_into.empty()) return patient;
    patient = (*record)->merged_into;
  }
  return Error{ErrorCode::bad_event, "the patient's record was merged in a circle", "unmerge one of the records"};
}

void Ingest::commit_alone(const Inbound& inbound, MessageRecord message, std::string_view what, std::uint64_t token,
                          Then then) {
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
  parts_.path.commit(std::move(turn), {}, [this, message = std::move(message), token, then] {
    finish(message, then);
    parts_.replies.give(token, answer_of(message));
  });
}

void Ingest::finish(const MessageRecord& message, const Then& then) {
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
  if (then) then(message);
}

}  // namespace baton
