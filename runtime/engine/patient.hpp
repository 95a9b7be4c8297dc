// One person in memory: the record, and what an event about this person sets going. Owned by one actor. Pure.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/engine/instance.hpp"
#include "runtime/model/turn.hpp"

namespace baton {

// A message that has been mapped: its canonical events, and the answer that its sender gets once all is durable.
// Precondition: all its `events` are about this patient; what it says about others goes on to them from here, so that all
// of the message takes effect or none.
struct AcceptMessage {
  MessageRecord message;            // state "accepted", the raw bytes in it.
  std::vector<EventRecord> events;  // ids are set; patient is this one.
  std::vector<Identifier> identifiers;
  JsonText demographics;       // {"name","birth_date","sex","deceased"}, as far as the message tells.
  std::string merged_patient;  // For a merge: id of the record that ends; empty otherwise.
  std::vector<Identifier> merged_identifiers;
  std::vector<std::pair<std::string, ForwardEvents>> others;  // By patient id, in the order of the message.
  Principal by;
  std::uint64_t reply_to = 0;
};
struct TakePatientDelivery {
  OutboxRecord record;
};
// Everything about this person goes: the record ends here, and its key is retired. Refused while cases are open.
struct ErasePatient {
  std::string erasure;  // Which one, for the key's sake.
  Principal by;
  std::uint64_t reply_to = 0;
};
using PatientMessage = std::variant<AcceptMessage, TakePatientDelivery, ErasePatient>;

// The event that tells a case which has added a key that another one of its workflow has the key already.
inline constexpr std::string_view kKeyHeldEvent = "case.key_held";

// One live workflow that events may start or reach.
struct Subscription {
  const WorkflowDefinition* definition = nullptr;  // Owned by the program, which the caller keeps alive.
  std::string bundle;
};

struct KnownWorkflows {
  const std::vector<Subscription>& live;
  // What an open case runs, whichever version is live by now. Null when that is not known, or not to be had.
  std::function<std::shared_ptr<const Program>(const std::string& instance)> program_of;
};

class Patient {
 public:
  // `sent_before`: of a person who was erased and comes back, more messages than the former record can have sent.
  Patient(std::string id, std::optional<PatientRecord> stored, std::uint64_t sent_before = 0);

  // The same message (source and id) again is answered by the caller from the store before it comes here; an outbox delivery that
  // was taken before is acknowledged and has no effect.
  [[nodiscard]] Handled handle(std::vector<PatientMessage> messages, const KnownWorkflows& workflows, Instant now);

  [[nodiscard]] const PatientRecord& record() const { return record_; }
  [[nodiscard]] bool exists() const { return exists_; }
  [[nodiscard]] std::size_t memory() const;

 private:
  PatientRecord record_;
  bool exists_ = false;
};

// The id of the person whom these identifiers name. One of them decides: the first of type MR, else the first PI, else the first that
// is no payer's, account's or visit's number, else the first; the same identifier always gives the same id. Empty when there
// is none.
[[nodiscard]] std::string patient_id_of(const std::vector<Identifier>& identifiers);

// The same, and behind it what each further identifier of that type would give, where that type is MR or PI: houses that work together
// give a person a number each, and senders list them in any order.
[[nodiscard]] std::vector<std::string> patient_ids_of(const std::vector<Identifier>& identifiers);

}  // namespace baton
