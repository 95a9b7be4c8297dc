#include "runtime/engine/what_if.hpp"

#include <algorithm>

#include "runtime/engine/instance_turn.hpp"

namespace baton {

// The programs of reality, and one more.
class WhatIf::Programs : public ProgramSource {
 public:
  Programs(const ProgramSource& real, std::shared_ptr<const Program> more) : real_(real), more_(std::move(more)) {}
  [[nodiscard]] std::shared_ptr<const Program> find(std::string_view hash) const override {
    return more_ != nullptr && more_->hash() == hash ? more_ : real_.find(hash);
  }

 private:
  const ProgramSource& real_;
  std::shared_ptr<const Program> more_;
};

namespace {

// Whoever steps waits for it, and others wait behind: a script may have a timer for each second of a year.
constexpr std::size_t kTimersOfAStep = 1'000;
// Bytes of a sandbox's journal, which is kept in memory, beyond what reality has told it: a script may answer with more.
constexpr std::size_t kWritten = 32u << 20;

// Earliest first; those of one time by operation, as the store orders them.
std::string order_of(const TimerRecord& timer) {
  const auto digits = [](std::uint64_t value) {
    const std::string text = std::to_string(value);
    return std::string(20 - text.size(), '0') + text;
  };
  return digits(static_cast<std::uint64_t>(timer.due.ms)) + digits(timer.seq) +
         digits(static_cast<std::uint64_t>(timer.purpose));
}

// Rather than something that happens to a task meanwhile.
bool ends_wait(const TimerRecord& timer) {
  return timer.purpose == TimerPurpose::operation_due || timer.purpose == TimerPurpose::schedule_to_close;
}

Error no_entry(const std::string& what, EntryIndex first, EntryIndex end) {
  return {ErrorCode::bad_field, what + " is no entry of the current run",
          "its entries are " + std::to_string(first) + " to " + std::to_string(end - 1) + "; baton show lists them"};
}

Principal what_if() { return {PrincipalKind::system, "what-if", "", "", ""}; }

}  // namespace

WhatIf::WhatIf() = default;
WhatIf::~WhatIf() = default;

Result<std::unique_ptr<WhatIf>> WhatIf::begin(InstanceRecord record, std::vector<Entry> journal, const WhatIfFork& fork,
                                              const ProgramSource& programs) {
  const EntryIndex first = record.run_begins_at;
  const EntryIndex end = first + static_cast<EntryIndex>(journal.size());
  const auto* const started = journal.empty() ? nullptr : std::get_if<Started>(&journal.front().body);
  if (started == nullptr)
    return Error{ErrorCode::store_corrupt, "the journal does not begin with the start",
                 "restore the store from a backup"};
  if (fork.at < first || fork.at > end) return no_entry("entry " + std::to_string(fork.at), first, end);
  for (const auto& [index, value] : fork.values) {
    if (index < first || index >= end) return no_entry("entry " + std::to_string(index), first, end);
  }
  if (fork.program != nullptr && fork.program->find_workflow(record.workflow) == nullptr) {
    return Error{ErrorCode::unknown_workflow, "the other script has no workflow '" + record.workflow + "'",
                 "give a bundle that defines it"};
  }
  std::unique_ptr<WhatIf> made(new WhatIf());
  made->programs_ = std::make_unique<Programs>(programs, fork.program);
  made->other_program_ = fork.program != nullptr;
  made->first_ = first;
  made->counts_ = entries_that_count(journal, first);
  made->values_ = fork.values;
  for (const Entry& entry : journal) {
    if (const auto* const asked = std::get_if<OperationScheduled>(&entry.body)) {
      made->asked_.emplace(asked->operation.seq, asked->operation);
      made->asked_by_key_.emplace(asked->operation.key, asked->operation);
    }
  }
  Entry begin = journal.front();
  auto& begun = std::get<Started>(begin.body);
  if (fork.input) begun.input = *fork.input;
  if (fork.program != nullptr) begun.bundle = fork.program->hash();
  made->reality_ = std::move(journal);
  record.status = InstanceStatus::running;
  record.closed_at.reset();
  record.outcome = {};
  record.paused = false;
  record.open_incidents = 0;
  record.bundle = begun.bundle;
  record.attributes.clear();
  made->record_ = record;
  made->journal_ = {begin};
  // What the run before left behind belongs to the beginning of this one.
  for (std::size_t i = 1; i < made->reality_.size(); ++i) {
    const EntryBody& body = made->reality_[i].body;
    if (!is_left_by_run_before(body)) break;
    made->journal_.push_back(made->reality_[i]);
  }
  made->now_ = begin.at;
  made->next_ = first + static_cast<EntryIndex>(made->journal_.size());
  StoredInstance stored;
  stored.record = std::move(record);
  stored.journal = made->journal_;
  made->instance_ = std::make_unique<Instance>(std::move(stored), *made->programs_);
  // Asks for nothing that there is, so that the script runs to its first wait, at its own time.
  made->handle(RunQuery{"", {}, 0});
  // One that was stopped on its way is a sandbox all the same: it says how far it has come, and a step goes on from there.
  if (Status told = made->follow(fork.at); !told && told.error().code != ErrorCode::query_too_long) return told.error();
  return made;
}

Status WhatIf::require_open() const {
  if (record_.open()) return success();
  return Error{ErrorCode::conflict, "the what-if has come to its end: " + std::string(to_string(record_.status)),
               "fork it again, at an earlier entry"};
}

// ---- steps -----------------------------------------------------------------------------------------------------------

Status WhatIf::follow(EntryIndex until) {
  until = std::min(until, end_of_reality());
  fired_ = 0;
  for (; next_ < until; ++next_) {
    const std::size_t place = next_ - first_;
    if (!counts_[place] || !record_.open()) continue;
    Entry entry = reality_[place];
    if (const auto changed = values_.find(next_); changed != values_.end()) {
      if (auto* const resolved = std::get_if<OperationResolved>(&entry.body))
        resolved->outcome = Outcome::of(changed->second);
      if (auto* const skipped = std::get_if<IncidentResolved>(&entry.body)) skipped->value = changed->second;
      if (auto* const signal = std::get_if<SignalReceived>(&entry.body)) signal->payload = changed->second;
      if (auto* const event = std::get_if<EventReceived>(&entry.body)) event->event = changed->second;
    }
    if (Status fired = fire_own(entry.at); !fired) return fired;
    now_ = std::max(now_, entry.at);
    if (Status may = may_write(); !may) return may;
    told_size_ += encode_entries(std::vector<Entry>{entry}).size();
    if (record_.open()) tell(entry);
  }
  return success();
}

// What reality was told. What the script did itself the sandbox's script does itself.
void WhatIf::tell(const Entry& entry) {
  if (const auto* e = std::get_if<OperationResolved>(&entry.body)) return tell_resolved(*e);
  if (const auto* e = std::get_if<SignalReceived>(&entry.body)) {
    return handle(SendSignal{e->name, e->payload, e->message_id, e->by, 0});
  }
  if (const auto* e = std::get_if<EventReceived>(&entry.body)) {
    return handle(TakeDelivery{{{ActorKind::patient, record_.patient},
                                {ActorKind::instance, record_.id},
                                ++told_,
                                DeliverEvent{e->event_id, e->type, e->event}}});
  }
  if (const auto* e = std::get_if<UpdateAccepted>(&entry.body)) {
    return handle(SendUpdate{e->name, e->payload, e->update_id, e->by, 0});
  }
  if (const auto* e = std::get_if<CancelRequested>(&entry.body)) return handle(CancelInstance{e->reason, e->by, 0});
  if (const auto* e = std::get_if<OutcomeOverridden>(&entry.body)) {
    if (e->by.kind == PrincipalKind::script) return;
    return handle(OverrideOutcome{e->target, e->after, e->reason_code, e->reason, e->by, 0});
  }
  if (const auto* e = std::get_if<PatientChanged>(&entry.body)) {
    return handle(TakeDelivery{
        {{ActorKind::patient, e->from}, {ActorKind::instance, record_.id}, ++told_, MovePatient{e->from, e->to}}});
  }
  if (const auto* e = std::get_if<BundleChanged>(&entry.body); e != nullptr && !other_program_) {
    return handle(ChangeBundle{e->to, e->by, 0});
  }
  if (const auto* e = std::get_if<IncidentResolved>(&entry.body)) {
    if (e->action == IncidentAction::skip) return tell_skipped(*e);
    for (const auto& [number, incident] : std::map(incidents_)) {
      if (!incident.resolved_at && incident.seq == 0) {
        return handle(ResolveIncident{number, IncidentAction::retry, {}, 0, e->reason, e->by, 0});
      }
    }
  }
}

// The operator gave the value in the place of what had failed: so reality was told the outcome.
void WhatIf::tell_skipped(const IncidentResolved& entry) {
  for (const Entry& each : reality_) {
    const auto* const opened = std::get_if<IncidentOpened>(&each.body);
    if (opened == nullptr || opened->number != entry.number) continue;
    const auto real = asked_.find(opened->seq);
    if (real == asked_.end()) return;
    if (const auto seq = open_seq(real->second.key)) static_cast<void>(resolve(*seq, Outcome::of(entry.value)));
    return;
  }
}

void WhatIf::tell_resolved(const OperationResolved& entry) {
  const auto real = asked_.find(entry.seq);
  if (real == asked_.end()) return;
  const auto seq = open_seq(real->second.key);
  if (!seq) return;
  const bool by_time = real->second.kind == OperationKind::timer || entry.outcome.kind == OutcomeKind::timed_out;
  if (by_time) {
    for (const auto& [order, timer] : timers_) {
      if (timer.seq == *seq && timer.due == real->second.due && ends_wait(timer)) {
        return fire(TimerRecord(timer));
      }
    }
    return;
  }
  static_cast<void>(resolve(*seq, entry.outcome));
}

Status WhatIf::resolve(OperationSeq seq, Outcome outcome) {
  if (Status open = require_open(); !open) return open;
  if (!pending_.contains(seq) && !(tasks_.contains(seq) && tasks_.at(seq).open_for_decision())) {
    return Error{ErrorCode::not_found, "the what-if waits for no operation " + std::to_string(seq),
                 "its waits_for and open_tasks list what it waits for"};
  }
  handle(TakeDelivery{{{ActorKind::instance, "what-if"},
                       {ActorKind::instance, record_.id},
                       ++told_,
                       ChildClosed{seq, std::move(outcome)}}});
  return success();
}

Status WhatIf::decide(OperationSeq seq, const std::string& outcome, const JsonText& value, const std::string& reason) {
  JsonWriter writer;
  writer.begin_object().field("at", format_instant(now_)).key("by").begin_object().field("subject", "what-if");
  writer.end_object().field("outcome", outcome).optional_field("reason", reason);
  if (!value.empty()) writer.json_field("value", value);
  writer.end_object();
  return resolve(seq, Outcome::of(std::move(writer).take()));
}

Status WhatIf::signal(const std::string& name, const JsonText& payload) {
  if (Status open = require_open(); !open) return open;
  handle(SendSignal{name, payload, "", what_if(), 0});
  return success();
}

Status WhatIf::event(const std::string& type, const JsonText& event) {
  if (Status open = require_open(); !open) return open;
  const std::string id = "what-if-" + std::to_string(++told_);
  handle(TakeDelivery{{{ActorKind::patient, record_.patient},
                       {ActorKind::instance, record_.id},
                       told_,
                       DeliverEvent{id, type, event}}});
  return success();
}

Status WhatIf::cancel(const std::string& reason) {
  if (Status open = require_open(); !open) return open;
  handle(CancelInstance{reason, what_if(), 0});
  return success();
}

Status WhatIf::pass(Instant until) {
  if (Status open = require_open(); !open) return open;
  if (until < now_) {
    return Error{ErrorCode::bad_field, "time does not go back: it is " + format_instant(now_) + " in the what-if",
                 "give that time or a later one"};
  }
  fired_ = 0;
  while (record_.open() && !timers_.empty() && timers_.begin()->second.due <= until) {
    if (Status may = may_fire(); !may) return may;
    fire(TimerRecord(timers_.begin()->second));
  }
  now_ = std::max(now_, until);
  return success();
}

// Timers that reality does not have, or has for another time: those fire by themselves on the way.
Status WhatIf::fire_own(Instant until) {
  while (record_.open()) {
    const auto due = std::ranges::find_if(timers_, [&](const auto& each) {
      const TimerRecord& timer = each.second;
      if (timer.due > until) return false;
      if (!ends_wait(timer)) return true;
      const auto pending = pending_.find(timer.seq);
      const auto task = tasks_.find(timer.seq);
      if (pending == pending_.end() && task == tasks_.end()) return true;
      for (const Entry& entry : journal_) {
        const auto* const asked = std::get_if<OperationScheduled>(&entry.body);
        if (asked == nullptr || asked->operation.seq != timer.seq) continue;
        const auto real = asked_by_key_.find(asked->operation.key);
        return real == asked_by_key_.end() || real->second.due != timer.due;
      }
      return true;
    });
    if (due == timers_.end()) break;
    if (Status may = may_fire(); !may) return may;
    fire(TimerRecord(due->second));
  }
  return success();
}

Status WhatIf::may_write() const {
  if (written_ <= kWritten + told_size_) return success();
  return Error{ErrorCode::query_too_long,
               "the what-if has written " + std::to_string(written_ >> 20) + " MiB of journal",
               "fork the case again, with a script that writes less"};
}

// The sandbox stays as it has come to be: the next step goes on from there.
Status WhatIf::may_fire() {
  if (Status may = may_write(); !may) return may;
  if (fired_++ < kTimersOfAStep) return success();
  return Error{ErrorCode::query_too_long,
               std::to_string(kTimersOfAStep) + " timers have fired in this step, and it is " + format_instant(now_) +
                   " in the what-if",
               "go on from there: let the time pass, or follow reality, in several steps"};
}

void WhatIf::fire(const TimerRecord& timer) {
  now_ = std::max(now_, timer.due);
  timers_.erase(order_of(timer));
  handle(FireTimer{timer});
}

// ---- the sandbox's rows ----------------------------------------------------------------------------------------------

void WhatIf::handle(InstanceMessage message) {
  Handled handled = instance_->handle({std::move(message)}, now_);
  if (!handled.turn) return;
  for (const Change& change : handled.turn->changes()) keep(change);
  for (const Effect& effect : handled.turn->take_effects()) {
    JsonWriter writer;
    if (const auto* dispatch = std::get_if<DispatchActivity>(&effect)) {
      const Operation& operation = dispatch->pending->operation;
      writer.begin_object().field("kind", "activity").field("name", operation.name).field("line", operation.line);
    } else if (const auto* send = std::get_if<DeliverOutbox>(&effect)) {
      if (send->record->to.kind == ActorKind::patient) continue;  // Bookkeeping.
      writer.begin_object().field("kind", "message").field("name", send->record->to.id);
    } else {
      continue;
    }
    writer.field("at", format_instant(now_)).end_object();
    suppressed_.push_back(std::move(writer).take());
  }
}

void WhatIf::keep(const Change& change) {
  if (const auto* c = std::get_if<AppendJournal>(&change)) {
    const auto entries = decode_entries(c->row);
    BATON_ASSERT(entries.ok());
    written_ += c->row.size();
    journal_.insert(journal_.end(), entries->begin(), entries->end());
  }
  if (const auto* c = std::get_if<PutInstance>(&change)) record_ = c->after;
  if (const auto* c = std::get_if<PutTask>(&change)) tasks_[c->after->seq] = c->after;
  if (const auto* c = std::get_if<PutIncident>(&change)) incidents_[c->after->number] = c->after;
  if (const auto* c = std::get_if<PutPending>(&change)) pending_[c->record->operation.seq] = c->record;
  if (const auto* c = std::get_if<DeletePending>(&change)) pending_.erase(c->seq);
  if (const auto* c = std::get_if<PutTimer>(&change)) timers_[order_of(c->timer)] = c->timer;
  if (const auto* c = std::get_if<DeleteTimer>(&change)) timers_.erase(order_of(c->timer));
}

std::optional<OperationSeq> WhatIf::open_seq(const std::string& key) const {
  std::optional<OperationSeq> found;
  for (const Entry& entry : journal_) {
    const auto* const asked = std::get_if<OperationScheduled>(&entry.body);
    if (asked != nullptr && asked->operation.key == key) found = asked->operation.seq;
  }
  if (!found) return std::nullopt;
  const auto task = tasks_.find(*found);
  const bool open = pending_.contains(*found) || (task != tasks_.end() && task->second.open_for_decision());
  return open ? found : std::nullopt;
}

StoredInstance WhatIf::stored() const {
  StoredInstance stored;
  stored.record = record_;
  // A run that the sandbox continued as new begins later in its journal.
  const EntryIndex skip = record_.run_begins_at - first_;
  for (std::size_t i = skip; i < journal_.size(); ++i) stored.journal.push_back(journal_[i]);
  for (const auto& [seq, pending] : pending_) stored.pending.push_back(pending);
  for (const auto& [seq, task] : tasks_) {
    if (task.open_for_decision()) stored.open_tasks.push_back(task);
  }
  for (const auto& [number, incident] : incidents_) {
    if (!incident.resolved_at) stored.open_incidents.push_back(incident);
  }
  return stored;
}

}  // namespace baton
