#include "actors/erasures.hpp"

#include <algorithm>
#include <utility>

#include "actors/log.hpp"
#include "actors/retention.hpp"
#include "actors/schedule_row.hpp"
#include "persistence/holds.hpp"
#include "persistence/keys/key_store.hpp"
#include "persistence/thread_name.hpp"

namespace baton {

namespace {

JsonText to_json(const Erasure& erasure) {
  JsonWriter writer;
  write_json(writer, erasure);
  return std::move(writer).take();
}

Error cases_are_open(const std::vector<std::string>& cases) {
  constexpr std::size_t kNamed = 10;
  std::string named;
  for (std::size_t i = 0; i < std::min(cases.size(), kNamed); ++i) named += (i == 0 ? "" : ", ") + cases[i];
  return {ErrorCode::conflict, std::to_string(cases.size()) + " cases about this person are open: " + named,
          "let them end, or cancel them, then try again"};
}

// The names of schedules whose runs are about one of these people.
Result<std::vector<std::string>> schedules_about(const StoreReader& reader, const std::vector<std::string>& people) {
  const auto rows = reader.named_all("schedules");
  if (!rows.ok()) return rows.error();
  std::vector<std::string> names;
  for (const auto& [name, text] : *rows) {
    const auto row = read_schedule_row(text);
    if (!row.ok()) return row.error();
    if (std::ranges::find(people, row->patient) != people.end()) names.push_back(name);
  }
  return names;
}

Error decided_already(const Erasure& erasure) {
  return {ErrorCode::conflict, "the erasure is " + std::string(to_string(erasure.state)) + " already",
          erasure.state == ErasureState::approved
              ? "where it waits for something, go on with it: baton audit erase resume " + erasure.id
              : "see who decided: baton audit erase show " + erasure.id};
}

Error erased_otherwise(const Erasure& erasure, const std::string& how) {
  return {ErrorCode::conflict, how,
          "refuse this one: baton audit erase refuse " + erasure.id + "; of data that has come since, ask anew"};
}

Status must_be_given(const std::string& text, const char* name, const char* cure) {
  if (!text.empty()) return success();
  return Error{ErrorCode::bad_field, std::string(name) + " is missing", cure};
}

}  // namespace

void Erasures::in_lane(std::function<void()> work) { parts_.lanes.post("erasures", std::move(work)); }

void Erasures::write_keys(std::function<void()> work) {
  if (parts_.stepped) return work();
  const std::lock_guard lock(mutex_);
  if (stopped_) return;
  waiting_.push_back(std::move(work));
  if (std::exchange(writing_, true)) return;
  if (writer_.joinable()) writer_.join();  // It saw that nothing waits, and needs the lock no more.
  writer_ = std::thread([this] { write_what_waits(); });
}

void Erasures::write_what_waits() {
  name_this_thread("baton-keys");
  while (true) {
    std::function<void()> work;
    {
      const std::lock_guard lock(mutex_);
      writing_ = !waiting_.empty();
      if (!writing_) return;
      work = std::move(waiting_.front());
      waiting_.pop_front();
    }
    work();
  }
}

void Erasures::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    waiting_.clear();
  }
  if (writer_.joinable()) writer_.join();
}

void Erasures::recover() {
  const auto all = list_erasures(parts_.reader);
  if (!all.ok()) return log::error("the erasures cannot be read: {}", to_string(all.error()));
  for (const Erasure& erasure : *all) {
    if (erasure.state != ErasureState::approved) continue;
    in_lane([this, erasure] {
      rows_.leave(erasure.id);
      carry_out(erasure, decided(erasure.id, [id = erasure.id](const Result<JsonText>& done) {
                  if (!done.ok()) log::warn("erasure {} waits: {}", id, to_string(done.error()));
                }));
    });
  }
}

void Erasures::take(EraseRequest request, std::uint64_t token) {
  in_lane([this, asked = std::move(request), token] {
    const Then then = [this, token](Result<JsonText> answer) { parts_.replies.give(token, std::move(answer)); };
    if (asked.action == "request") return this->request(asked, then);
    rows_.when_there(asked.id, [this, asked, then] {
      rows_.leave(asked.id);
      decide(asked, decided(asked.id, then));
    });
  });
}

// The same, after which others may decide on the erasure.
Erasures::Then Erasures::decided(const std::string& id, Then then) {
  return [this, id, then = std::move(then)](Result<JsonText> answer) {
    in_lane([this, id, then, answer = std::move(answer)] { rows_.arrive(id, [&] { then(answer); }); });
  };
}

void Erasures::decide(const EraseRequest& asked, const Then& then) {
  auto found = find_erasure(parts_.reader, asked.id);
  if (!found.ok()) return then(found.error());
  if (!*found) {
    return then(Error{ErrorCode::not_found, "there is no erasure '" + asked.id + "'", "baton audit erase list"});
  }
  const ErasureState state = (*found)->state;
  if (asked.action == "resume" && state == ErasureState::approved) return carry_out(**found, then);
  if (state != ErasureState::requested) {
    return then(decided_already(**found));
  }
  if (asked.action == "approve") return approve(asked, **std::move(found), then);
  if (asked.action == "refuse") return refuse(asked, **std::move(found), then);
  then(Error{ErrorCode::conflict, "the erasure waits for a decision", "approve or refuse it"});
}

void Erasures::commit(const Erasure& erasure, std::string_view action, const Principal& by, std::vector<Change> changes,
                      std::function<void()> then) {
  AuditRecord record;
  record.action = action;
  record.at = parts_.clock.now();
  record.by = by;
  record.patient = erasure.patient;
  record.object = erasure.id;
  record.reason_code = erasure.basis;
  record.reason = action == action::kErasureRequested ? erasure.reason : erasure.decision;
  if (action == action::kPatientErased) record.after = to_json(erasure);
  changes.push_back(PutNamed{std::string(kErasureSpace), erasure.id, encode(erasure)});
  parts_.path.commit(Turn(std::move(changes), {std::move(record)}, {}, {}), {}, std::move(then));
}

// Who is under a legal hold, or about whom a case is open or a schedule will open one, is not erased; nor is anybody of a
// store whose rows lie in the clear.
Status Erasures::may_be_erased(const Erasure& erasure, ErasureScope& scope) const {
  if (!parts_.store.pseudonyms().keyed()) {
    return Error{ErrorCode::conflict, "this store has rows from before there were keys, which nobody can erase",
                 "begin a new store; docs/OPERATIONS.md says how"};
  }
  const auto patient = parts_.reader.patient_behind(erasure.patient);
  if (!patient.ok()) return patient.error();
  auto found = erasure_scope(parts_.reader, patient->value_or(erasure.patient));
  if (!found.ok()) return found.error();
  scope = *std::move(found);
  const auto hold = hold_on_patient(parts_.reader, scope.people.front());
  if (!hold.ok()) return hold.error();
  if (*hold) return held_error(**hold, "the person's data");
  const auto schedules = schedules_about(parts_.reader, scope.people);
  if (!schedules.ok()) return schedules.error();
  if (schedules->empty()) return success();
  return Error{ErrorCode::conflict, "the schedule '" + schedules->front() + "' starts cases about this person",
               "delete it, or replace it by one without the patient: baton schedules delete"};
}

// Another that is approved takes the same keys with it; and what one has done since this was asked for, this asked for as well.
Status Erasures::is_the_only_one(const Erasure& erasure, const ErasureScope& scope) const {
  const auto all = list_erasures(parts_.reader);
  if (!all.ok()) return all.error();
  for (const Erasure& other : *all) {
    if (other.id == erasure.id) continue;
    const bool same_person = std::ranges::any_of(scope.people, [&](const std::string& person) {
      return parts_.store.pseudonyms().patient(person) == other.patient;
    });
    if (!same_person) continue;
    if (other.state == ErasureState::approved) {
      return erased_otherwise(erasure, "the erasure " + other.id + " of this person is on its way already");
    }
    if (other.state == ErasureState::erased && other.decided_at >= erasure.requested_at) {
      return erased_otherwise(erasure, "this person was erased since, by the erasure " + other.id);
    }
  }
  return success();
}

void Erasures::request(const EraseRequest& asked, const Then& then) {
  for (const Status& given :
       {must_be_given(asked.patient, "patient", "whose data is to go"),
        must_be_given(asked.basis, "basis", "the legal basis, as your house codes it: gdpr-17-1-b"),
        must_be_given(asked.reason, "reason", "say why, without the person's name: it outlasts the person's data")}) {
    if (!given.ok()) return then(given.error());
  }
  Erasure erasure;
  erasure.id = parts_.make_id();
  erasure.patient = parts_.store.pseudonyms().patient(asked.patient);
  erasure.basis = asked.basis;
  erasure.reason = asked.reason;
  erasure.requested_by = asked.by;
  erasure.requested_at = parts_.clock.now();
  ErasureScope scope;
  if (const Status may = may_be_erased(erasure, scope); !may.ok()) return then(may.error());
  commit(erasure, action::kErasureRequested, asked.by, {}, [erasure, then] { then(to_json(erasure)); });
}

void Erasures::refuse(const EraseRequest& asked, Erasure erasure, const Then& then) {
  if (const Status given = must_be_given(asked.reason, "reason", "say why it is refused"); !given.ok()) {
    return then(given.error());
  }
  erasure.state = ErasureState::refused;
  erasure.decided_by = asked.by;
  erasure.decided_at = parts_.clock.now();
  erasure.decision = asked.reason;
  commit(erasure, action::kErasureRefused, asked.by, {}, [erasure, then] { then(to_json(erasure)); });
}

void Erasures::approve(const EraseRequest& asked, Erasure erasure, const Then& then) {
  if (asked.by.kind != PrincipalKind::person) {
    return then(Error{ErrorCode::not_permitted,
                      "an erasure is approved by a person, and '" + asked.by.subject + "' is a service",
                      "sign in and approve it there, or say for whom the key speaks: --as"});
  }
  if (asked.by.subject == erasure.requested_by.subject) {
    return then(Error{ErrorCode::not_permitted, "an erasure is approved by a person other than who requested it",
                      "ask somebody else to look at it: baton audit erase show " + erasure.id});
  }
  parts_.retention.alone([this, asked, erasure = std::move(erasure), then](const Done& done) {
    in_lane([this, asked, erasure, then, done] { approve_alone(asked, erasure, then, done); });
  });
}

Status Erasures::may_be_approved(const Erasure& erasure, ErasureScope& scope) const {
  const auto patient = parts_.reader.patient_behind(erasure.patient);
  if (!patient.ok()) return patient.error();
  // When it was asked for there was somebody.
  if (!*patient) return erased_otherwise(erasure, "this person was erased since");
  if (const Status may = may_be_erased(erasure, scope); !may.ok()) return may;
  if (const Status only = is_the_only_one(erasure, scope); !only.ok()) return only;
  return scope.open_cases.empty() ? success() : Status(cases_are_open(scope.open_cases));
}

void Erasures::approve_alone(const EraseRequest& asked, Erasure erasure, const Then& then, const Done& done) {
  ErasureScope scope;
  if (const Status may = may_be_approved(erasure, scope); !may.ok()) {
    done();
    return then(may.error());
  }
  erasure.state = ErasureState::approved;
  erasure.decided_by = asked.by;
  erasure.decided_at = parts_.clock.now();
  erasure.decision = asked.reason;
  erasure.people = scope.people.size();
  erasure.cases = scope.cases;
  erasure.events = scope.events;
  erasure.messages = scope.messages.size();
  std::vector<Change> changes;
  for (const auto& [source, id] : scope.messages) {
    changes.push_back(RetireKey{key_owner_of_message(source, id), erasure.id});
  }
  const auto work = std::make_shared<Work>(Work{erasure, scope.people, {}, {}, then});
  work->yet_to_end.assign(scope.people.rbegin(), scope.people.rend());
  commit(erasure, action::kErasureApproved, asked.by, std::move(changes), [this, work, done] {
    done();
    in_lane([this, work] { end_records(work); });
  });
}

void Erasures::carry_out(const Erasure& erasure, const Then& then) {
  const auto work = std::make_shared<Work>(Work{erasure, {}, {}, {}, then});
  const auto patient = parts_.reader.patient_behind(erasure.patient);
  if (!patient.ok()) return then(patient.error());
  if (!*patient) return destroy(work);
  auto scope = erasure_scope(parts_.reader, **patient);
  if (!scope.ok()) return then(scope.error());
  work->people = std::move(scope->people);
  // Who has ended already may have come back since: the new record is not meant.
  const auto retired = retired_keys(parts_.reader, erasure.id);
  if (!retired.ok()) return then(retired.error());
  for (auto person = work->people.rbegin(); person != work->people.rend(); ++person) {
    const std::string owner = parts_.store.pseudonyms().of(Pseudonyms::Kind::owner, key_owner_of_patient(*person));
    const bool ended = std::ranges::any_of(*retired, [&](const RetiredKey& key) { return key.owner == owner; });
    if (!ended) work->yet_to_end.push_back(*person);
  }
  end_records(work);
}

// One after the other, the survivor of merges first: it is the one that may refuse, because the open cases are its own.
void Erasures::end_records(const WorkPtr& work) {
  if (work->yet_to_end.empty()) return destroy(work);
  const std::string person = std::move(work->yet_to_end.back());
  work->yet_to_end.pop_back();
  const auto token = parts_.replies.expect([this, work](const Result<JsonText>& ended) {
    if (!ended.ok()) return work->then(ended.error());
    in_lane([this, work] { end_records(work); });
  });
  if (!token) {
    return work->then(Error{ErrorCode::overloaded, "more work is in flight than this node accepts",
                            "baton audit erase resume " + work->erasure.id});
  }
  parts_.router.deliver_to_patient(person, ErasePatient{work->erasure.id, work->erasure.decided_by, *token});
}

void Erasures::destroy(const WorkPtr& work) {
  parts_.retention.alone([this, work](const Done& done) {
    work->then = [then = std::move(work->then), done](Result<JsonText> answer) {
      done();
      then(std::move(answer));
    };
    in_lane([this, work] { destroy_alone(work); });
  });
}

// Of a hold that was placed since the approval. One on who is gone keeps what else there is.
Status Erasures::nobody_is_held(const Work& work) const {
  const bool gone = std::ranges::none_of(work.retired, [&](const RetiredKey& retired) {
    SealKey key{};
    const bool here = parts_.store.keys()->key(retired.number, key) == KeyStore::State::here;
    wipe(key);
    return here;
  });
  if (gone) return success();
  std::vector<std::string> owners;
  for (const RetiredKey& key : work.retired) owners.push_back(key.owner);
  auto hold = hold_on_keys(parts_.reader, owners);
  for (auto person = work.people.begin(); hold.ok() && !*hold && person != work.people.end(); ++person) {
    hold = hold_on_patient(parts_.reader, *person);
  }
  if (!hold.ok()) return hold.error();
  if (!*hold) return success();
  Error held = held_error(**hold, "the person's data");
  held.cure += "; then go on: baton audit erase resume " + work.erasure.id;
  return held;
}

// A case that was on its way to the person's record when that ended is open now. It is readable as long as its key is there.
void Erasures::destroy_alone(const WorkPtr& work) {
  auto retired = retired_keys(parts_.reader, work->erasure.id);
  if (!retired.ok()) return work->then(retired.error());
  work->retired = *std::move(retired);
  const auto cases = open_cases_under(parts_.reader, work->retired, work->people);
  if (!cases.ok()) return work->then(cases.error());
  if (!cases->empty()) return work->then(cases_are_open(*cases));
  if (const Status free = nobody_is_held(*work); !free.ok()) return work->then(free.error());
  write_keys([this, work] {
    std::vector<KeyNumber> numbers;
    for (const RetiredKey& key : work->retired) numbers.push_back(key.number);
    if (const Status gone = parts_.store.keys()->destroy(numbers); !gone.ok()) return work->then(gone.error());
    in_lane([this, work] { finish(work); });
  });
}

void Erasures::finish(const WorkPtr& work) {
  Erasure& erasure = work->erasure;
  erasure.state = ErasureState::erased;
  erasure.erased_at = parts_.clock.now();
  erasure.keys = work->retired.size();
  std::vector<Change> changes;
  for (const RetiredKey& key : work->retired) changes.push_back(PutNamed{"keys_retired", key.row, std::nullopt});
  commit(erasure, action::kPatientErased, erasure.decided_by, std::move(changes), [work] {
    log::info("erasure {} is done: {} keys were destroyed", work->erasure.id, work->erasure.keys);
    work->then(to_json(work->erasure));
  });
}

void Erasures::take(RotateKeys request, std::uint64_t token) {
  write_keys([this, request = std::move(request), token] {
    if (const Status renewed = parts_.store.keys()->rotate(); !renewed.ok()) {
      return parts_.replies.give(token, renewed.error());
    }
    AuditRecord record;
    record.action = action::kKeysRotated;
    record.at = parts_.clock.now();
    record.by = request.by;
    record.reason = request.reason;
    const std::uint64_t generation = parts_.store.keys()->generation();
    record.object = "generation/" + std::to_string(generation);
    JsonWriter writer;
    writer.begin_object().field("generation", static_cast<std::int64_t>(generation)).end_object();
    parts_.path.commit(Turn({}, {std::move(record)}, {}, {Reply{token, std::move(writer).take()}}), {}, {});
  });
}

}  // namespace baton
