#include "runtime/engine/why.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "runtime/engine/why_wait.hpp"
#include "runtime/engine/why_words.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/json_members.hpp"
#include "runtime/model/own_document.hpp"

namespace baton {
namespace {

constexpr std::size_t kToldWaits = 3;  // In the sentence of all; the rest are counted.

const Started* start_of(const std::vector<Entry>& journal) {
  return journal.empty() ? nullptr : std::get_if<Started>(&journal.front().body);
}

// What the event says that a case was begun with: {"event":{"type":..,"source":{"system":..}}}. Of it only that which is about
// nobody.
std::string because_of_event(const JsonText& input) {
  const auto parsed = parse_own_document(input);
  if (!parsed.ok() || !parsed->is_object()) return " because of a message.";
  const auto* const event = parsed->get_object().if_contains("event");
  if (event == nullptr || !event->is_object()) return " because of a message.";
  const std::string type = text_at(event->get_object(), "type");
  const auto* const source = event->get_object().if_contains("source");
  const std::string system =
      source != nullptr && source->is_object() ? text_at(source->get_object(), "system") : std::string();
  if (type.empty()) return " because of a message.";
  return " because a message" + (system.empty() ? "" : " from " + system) + " meant " + type + ".";
}

std::string exists_sentence(const WhyFacts& facts) {
  const InstanceRecord& record = facts.stored.record;
  const std::string title = facts.definition == nullptr || facts.definition->title.empty()
                                ? words::plain(record.workflow)
                                : facts.definition->title;
  std::string text = "This case (" + title + ") began " + words::when(record.started_at, facts.now);
  const Started* const started = start_of(facts.stored.journal);
  const std::string by = started == nullptr ? std::string() : started->by.subject;
  if (!record.parent.empty()) return text + " because the case " + record.parent + " asked for it.";
  if (by.starts_with("event:")) {
    if (facts.cause == nullptr) return text + " because of the message event " + by.substr(6) + ".";
    return text + " because a message from " + facts.cause->source + " meant " + facts.cause->type + ".";
  }
  if (by == "event") return text + because_of_event(started->input);
  if (by.starts_with("schedule:")) return text + " because the schedule " + by.substr(9) + " says so.";
  if (by.empty()) return text + ".";
  return text + " because " + words::who(started->by) + " started it.";
}

// The sentence, and the reason that was given.
std::pair<std::string, std::string> paused_sentence(const WhyFacts& facts, const InstanceState& state) {
  if (!state.paused) return {};
  const Paused* paused = nullptr;
  Instant at;
  for (const Entry& entry : facts.stored.journal) {
    if (const auto* const found = std::get_if<Paused>(&entry.body)) {
      paused = found;
      at = entry.at;
    }
  }
  const std::string reason = paused == nullptr ? std::string() : paused->reason;
  std::string text = "It is paused";
  if (paused != nullptr) {
    text += " by " + words::who(paused->by) + " since " + words::length(facts.now - at);
  }
  if (state.timers_held == "freeze") return {text + "; its time stands still.", reason};
  if (state.timers_held == "on_resume") {
    return {text + "; what became due meanwhile happens when it is resumed.", reason};
  }
  return {text + "; its timers run on, and what arrives is kept in order.", reason};
}

std::string ended_sentence(const InstanceRecord& record, Instant now) {
  return "It " +
         std::string(record.status == InstanceStatus::completed ? "ended as planned"
                     : record.status == InstanceStatus::failed  ? "failed"
                                                                : "was cancelled") +
         (record.closed_at ? " " + words::when(*record.closed_at, now) : "") + ".";
}

// People and operators come first: those are whom a reader can move.
int rank(const WhyWait& wait) {
  if (wait.kind == "incident") return 0;
  if (wait.kind == "task") return 1;
  return wait.kind == "timer" ? 3 : 2;
}

std::vector<WhyWait> waits_of(const WhyFacts& facts, const InstanceState& state) {
  std::vector<WhyWait> waits;
  for (const IncidentRecord& incident : facts.stored.open_incidents) {
    waits.push_back(why_incident(facts, incident, state.find(incident.seq)));
  }
  for (const auto& [seq, operation] : state.operations) {
    if (!operation.open()) continue;
    const OperationSeq wanted = seq;
    const bool failed = std::ranges::any_of(facts.stored.open_incidents,
                                            [&](const IncidentRecord& each) { return each.seq == wanted; });
    if (!failed) waits.push_back(why_wait(facts, state, operation));
  }
  std::ranges::stable_sort(waits, {}, rank);
  return waits;
}

std::string waits_sentence(const std::vector<WhyWait>& waits, bool paused) {
  if (waits.empty() && paused) return "When it is resumed it goes on where it stood.";
  if (waits.empty()) return "It is working right now and waits for nothing.";
  std::string text;
  for (std::size_t i = 0; i < std::min(waits.size(), kToldWaits); ++i) {
    text += (text.empty() ? "" : " ") + waits[i].sentence;
  }
  if (waits.size() > kToldWaits) {
    text += " It waits for " + words::count(waits.size() - kToldWaits, "more thing") + ".";
  }
  return text;
}

std::string state_word(const InstanceState& state, const std::vector<WhyWait>& waits) {
  if (state.paused) return "paused";
  if (!state.open_incidents.empty()) return "stopped";
  if (state.cancel_requested) return "cancelling";
  return waits.empty() ? "working" : "waiting";
}

}  // namespace

InstanceState folded_state(const StoredInstance& stored) {
  InstanceState state = folded(stored.journal, stored.record.run_begins_at);
  for (const PendingRecord& pending : stored.pending) {
    OperationState* const operation = state.find(pending.operation.seq);
    if (operation == nullptr || !operation->open()) continue;
    operation->attempt = pending.attempt;
    operation->backing_off = pending.backing_off;
  }
  return state;
}

Why why_instance(const WhyFacts& facts) {
  const InstanceState state = folded_state(facts.stored);
  Why why;
  why.exists = exists_sentence(facts);
  if (facts.definition != nullptr) why.told = facts.definition->why;
  if (!facts.stored.record.open()) {
    why.state = "closed";
    why.sentence = why.exists + " " + ended_sentence(facts.stored.record, facts.now);
    return why;
  }
  why.waits = waits_of(facts, state);
  why.state = state_word(state, why.waits);
  std::tie(why.paused, why.paused_reason) = paused_sentence(facts, state);
  why.sentence = why.exists;
  if (!why.paused.empty()) {
    why.sentence += " " + why.paused;
    why.unblock.push_back("Somebody who may control cases resumes it.");
  }
  if (state.cancel_requested) why.sentence += " It was asked to end and is putting things in order first.";
  why.sentence += " " + waits_sentence(why.waits, state.paused);
  for (const WhyWait& wait : why.waits) {
    for (const std::string& way : wait.unblock) {
      if (std::ranges::find(why.unblock, way) == why.unblock.end()) why.unblock.push_back(way);
    }
  }
  return why;
}

}  // namespace baton
