#include "actors/retention.hpp"

#include <utility>

#include "actors/log.hpp"
#include "persistence/holds.hpp"
#include "persistence/ledger/prune.hpp"
#include "persistence/sweep.hpp"

namespace baton {
namespace {

constexpr std::string_view kRetentionLane = "retention";
constexpr std::string_view kSweepLane = "sweep";
constexpr std::size_t kLeavesASlice = 2'000;  // Some milliseconds.

Error bad_hold(std::string what) {
  return {ErrorCode::bad_field, std::move(what), "name a patient, an instance, or a span of time, and a reason"};
}

Status check_hold(const PlaceHold& request) {
  const bool span = request.from || request.before;
  if (static_cast<int>(!request.patient.empty()) + static_cast<int>(!request.instance.empty()) +
          static_cast<int>(span) !=
      1) {
    return bad_hold("a hold is on one of patient, instance, and span of time");
  }
  if (request.reason.empty()) return bad_hold("a hold has a reason");
  if (request.from && request.before && *request.from >= *request.before) return bad_hold("the span is empty");
  return success();
}

// The record of a change of the hold.
AuditRecord record_of(std::string_view action, const LegalHold& hold, const Principal& by, Instant at) {
  AuditRecord record;
  record.action = action;
  record.at = at;
  record.by = by;
  record.patient = hold.patient;
  record.instance = hold.instance;
  record.object = "hold/" + hold.id;
  JsonWriter after;
  write_json(after, hold);
  record.after = std::move(after).take();
  return record;
}

JsonText json_of(const LegalHold& hold) {
  JsonWriter writer;
  write_json(writer, hold);
  return std::move(writer).take();
}

}  // namespace

Retention::Retention(Parts parts) : parts_(parts), source_(parts.reader.store()) {}

// ---- one after the other ---------------------------------------------------------------------------------------------

void Retention::enqueue(Work work) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(work));
    if (std::exchange(busy_, true)) return;
  }
  next();
}

void Retention::next() {
  Work work;
  {
    const std::lock_guard lock(mutex_);
    busy_ = !waiting_.empty();
    if (!busy_) return;
    work = std::move(waiting_.front());
    waiting_.pop_front();
  }
  parts_.lanes.post(kRetentionLane, std::move(work));
}

void Retention::alone(std::function<void(std::function<void()> done)> work) {
  enqueue([this, work = std::move(work)] { work([this] { next(); }); });
}

void Retention::commit(Turn turn) {
  parts_.path.commit(std::move(turn), {}, [this] { next(); });
}

void Retention::refuse(std::uint64_t token, Error error) {
  parts_.replies.give(token, std::move(error));
  next();
}

// ---- holds -------------------------------------------------------------------------------------------------------------

void Retention::place(PlaceHold request, std::uint64_t token) {
  enqueue([this, request = std::move(request), token] { run_place(request, token); });
}

void Retention::lift(LiftHold request, std::uint64_t token) {
  enqueue([this, request = std::move(request), token] { run_lift(request, token); });
}

Status Retention::find_held(LegalHold& hold) const {
  if (!hold.patient.empty()) {
    // The pseudonym is what sealed records and exports call a person.
    const auto behind = parts_.reader.patient_behind(hold.patient);
    if (!behind.ok()) return behind.error();
    if (*behind) hold.patient = **behind;
  }
  const bool on_patient = !hold.patient.empty();
  if (!on_patient && hold.instance.empty()) return success();
  const auto known =
      on_patient ? is_known_patient(parts_.reader, hold.patient) : is_known_instance(parts_.reader, hold.instance);
  if (!known.ok()) return known.error();
  if (*known) return success();
  return Error{ErrorCode::not_found,
               on_patient ? "there is no patient '" + hold.patient + "', and no record about one"
                          : "there is no case '" + hold.instance + "', and no record about one",
               on_patient ? "give the id as Baton has it, and not a number of another system: GET /v1/patients"
                          : "give the case's id: baton ls"};
}

void Retention::run_place(const PlaceHold& request, std::uint64_t token) {
  if (Status sound = check_hold(request); !sound.ok()) return refuse(token, sound.error());
  const auto all = list_holds(parts_.reader, true);
  if (!all.ok()) return refuse(token, all.error());
  if (all->size() >= kMostHolds) {
    return refuse(token, {ErrorCode::conflict, "there are " + std::to_string(all->size()) + " holds already",
                          "one hold on a span of time keeps more than many on patients"});
  }
  LegalHold hold;
  hold.id = "hold-" + std::to_string(all->size() + 1);
  hold.patient = request.patient;
  hold.instance = request.instance;
  hold.from = request.from;
  hold.before = request.before;
  hold.matter = request.matter;
  hold.reason = request.reason;
  hold.placed_by = request.by;
  hold.placed_at = parts_.clock.now();
  if (const Status found = find_held(hold); !found.ok()) return refuse(token, found.error());
  AuditRecord record = record_of(action::kHoldPlaced, hold, request.by, hold.placed_at);
  record.reason = hold.reason;
  record.reason_code = hold.matter;
  commit(Turn({PutNamed{std::string(kHoldSpace), hold.id, encode(hold)}}, {std::move(record)}, {},
              {Reply{token, json_of(hold)}}));
}

void Retention::run_lift(const LiftHold& request, std::uint64_t token) {
  auto found = find_hold(parts_.reader, request.id);
  if (!found.ok()) return refuse(token, found.error());
  if (!*found) {
    return refuse(token,
                  {ErrorCode::not_found, "there is no hold '" + request.id + "'", "baton audit hold list --all"});
  }
  LegalHold& hold = **found;
  if (!hold.in_force()) {
    return refuse(token, {ErrorCode::conflict, "the hold '" + hold.id + "' was lifted before", "nothing is to do"});
  }
  if (request.reason.empty()) return refuse(token, bad_hold("lifting a hold has a reason"));
  AuditRecord record = record_of(action::kHoldLifted, hold, request.by, parts_.clock.now());
  record.before = std::exchange(record.after, {});
  hold.lifted_at = record.at;
  hold.lifted_by = request.by;
  hold.lift_reason = record.reason = request.reason;
  record.after = json_of(hold);
  commit(Turn({PutNamed{std::string(kHoldSpace), hold.id, encode(hold)}}, {std::move(record)}, {},
              {Reply{token, json_of(hold)}}));
}

// ---- pruning -----------------------------------------------------------------------------------------------------------

struct Retention::Pruning {
  PruneRequest request;
  std::uint64_t token;
  HoldsInForce holds;
  PrunePlan plan;
};

void Retention::prune(PruneRequest request, std::uint64_t token) {
  enqueue([this, request = std::move(request), token] { begin_prune(request, token); });
}

void Retention::begin_prune(const PruneRequest& request, std::uint64_t token) {
  if (sweeping_) {
    return refuse(token, {ErrorCode::conflict, "what the last pruning left behind is still being removed",
                          "try again in a minute; GET /v1/audit/retention says when it is swept"});
  }
  const LedgerReader ledger(source_);
  const auto size = ledger.signed_size();
  if (!size.ok()) return refuse(token, size.error());
  auto holds = HoldsInForce::load(parts_.reader);
  if (!holds.ok()) return refuse(token, holds.error());
  auto plan = PrunePlan::begin(ledger, request.to, *size);
  if (!plan.ok()) return refuse(token, plan.error());
  if (!request.digest.empty() && request.reason.empty()) {
    return refuse(token, {ErrorCode::bad_field, "pruning has a reason", "say which rule of retention allows it"});
  }
  run_prune(std::make_shared<Pruning>(Pruning{request, token, *std::move(holds), *std::move(plan)}));
}

void Retention::run_prune(const std::shared_ptr<Pruning>& pruning) {
  const auto look = [&](std::uint64_t index, std::string_view bytes) -> Status {
    if (pruning->holds.empty()) return success();
    const LegalHold* hold = pruning->holds.on(AuditLeaf(std::string(bytes)));
    if (hold == nullptr) return success();
    Error held = held_error(*hold, "record " + std::to_string(index));
    held.cure =
        "prune up to " + std::to_string(index - index % ledger_rows::kTileWidth) + ", or wait until it is lifted";
    return held;
  };
  if (const Status read = pruning->plan.step(kLeavesASlice, look); !read.ok()) {
    return refuse(pruning->token, read.error());
  }
  if (pruning->plan.done()) return finish_prune(pruning);
  parts_.lanes.post(kRetentionLane, [this, pruning] { run_prune(pruning); });
}

void Retention::finish_prune(const std::shared_ptr<Pruning>& pruning) {
  PrunePlan& plan = pruning->plan;
  const PruneRequest& request = pruning->request;
  JsonWriter answer;
  answer.begin_object().field("from", static_cast<std::int64_t>(plan.from()));
  answer.field("to", static_cast<std::int64_t>(plan.to()));
  answer.field("records", static_cast<std::int64_t>(plan.to() - plan.from()));
  answer.flag("pruned", !request.digest.empty() && plan.to() > plan.from()).end_object();
  if (request.digest.empty() || plan.to() == plan.from()) {
    parts_.replies.give(pruning->token, std::move(answer).take());
    return next();
  }
  const std::string digest = to_hex(plan.digest());
  if (request.digest != digest) {
    return refuse(pruning->token, {ErrorCode::not_exported, "the export does not have the records that would go",
                                   "take a new one: baton audit export --tiles DIR"});
  }
  const auto before = LedgerReader(source_).pruned();
  if (!before.ok()) return refuse(pruning->token, before.error());
  const auto minimum = [](std::uint64_t index) { return R"({"minimum_index":)" + std::to_string(index) + "}"; };
  AuditRecord record;
  record.action = action::kLedgerPruned;
  record.at = parts_.clock.now();
  record.by = request.by;
  record.object = "records/" + std::to_string(plan.from()) + "-" + std::to_string(plan.to() - 1);
  record.reason = request.reason;
  record.before = minimum(plan.from());
  record.after = minimum(plan.to());
  JsonWriter evidence;
  evidence.begin_object().field("entries_digest", digest);
  if (!request.exported.empty()) evidence.json_field("export", request.exported);
  evidence.end_object();
  record.evidence = std::move(evidence).take();
  parts_.path.commit(Turn({PruneLedger{plan.to(), before->swept, plan.tail()}}, {std::move(record)}, {},
                          {Reply{pruning->token, std::move(answer).take()}}),
                     {}, [this] {
                       begin_sweep();
                       next();
                     });
}

// ---- sweeping ----------------------------------------------------------------------------------------------------------

struct Retention::Sweeping {
  SweepSearch search;
  LedgerPruned pruned;
};

void Retention::recover() {
  const auto pruned = LedgerReader(source_).pruned();
  if (pruned.ok() && pruned->swept < pruned->minimum) begin_sweep();
}

// Beside the requests, which do not wait for it; only the next prune does.
void Retention::begin_sweep() {
  const auto pruned = LedgerReader(source_).pruned();
  if (!pruned.ok() || sweeping_.exchange(true)) return;
  parts_.committer.submit_sweep({LedgerSweep::Step::begin, {}, {}}, [this, pruned = *pruned] {
    parts_.lanes.post(kSweepLane, [this, pruned] {
      run_sweep(std::make_shared<Sweeping>(Sweeping{SweepSearch(parts_.reader.store(), pruned.minimum), pruned}));
    });
  });
}

void Retention::run_sweep(const std::shared_ptr<Sweeping>& sweeping) {
  auto rows = sweeping->search.step(kLeavesASlice);
  if (!rows.ok()) {
    sweeping_ = false;
    return log::error("what was pruned cannot be swept up: {}", to_string(rows.error()));
  }
  const auto again = [this, sweeping] { parts_.lanes.post(kSweepLane, [this, sweeping] { run_sweep(sweeping); }); };
  if (!sweeping->search.done()) {
    if (rows->empty()) return again();
    return parts_.committer.submit_sweep({LedgerSweep::Step::remove, *std::move(rows), {}}, again);
  }
  const std::uint64_t minimum = sweeping->pruned.minimum;
  parts_.committer.submit_sweep({LedgerSweep::Step::end, *std::move(rows), {minimum, minimum}},
                                [this] { sweeping_ = false; });
}

}  // namespace baton
