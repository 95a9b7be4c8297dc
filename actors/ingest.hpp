// Messages from outside on their way to a patient: read, known or new, mapped, validated, addressed. Everything that
// comes in ends in a row of its own, byte for byte, and is answered after that row is durable.
//
// The same message (source and id, and the same bytes) again is given the same answer and has one effect, also while the
// first is still on its way. The same id with other bytes, and whatever cannot be read or mapped, goes to quarantine with
// a reason; it never stops what comes after it.
//
// Order: all of it runs in the sender's lane, so messages of one sender reach a patient in the order in which they came.
// Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/bundle_registry.hpp"
#include "actors/commit_path.hpp"
#include "actors/inbound.hpp"
#include "actors/lanes.hpp"
#include "actors/persons_in_flight.hpp"
#include "actors/replies.hpp"
#include "actors/router.hpp"
#include "actors/rows_in_flight.hpp"
#include "runtime/clinical/canonical_event.hpp"
#include "runtime/script/mapping_run.hpp"

namespace baton {

class Ingest {
 public:
  struct Parts {
    const Clock& clock;
    const StoreReader& reader;
    const BundleRegistry& bundles;
    Lanes& lanes;
    Router& router;
    CommitPath& path;
    Replies& replies;
    const std::map<std::string, TimeZone>& zones;  // As NodeOptions::source_zones.
  };
  explicit Ingest(Parts parts) : parts_(parts) {}

  void accept(AcceptRequest request, std::uint64_t token);
  void replay(ReplayMessage request, std::uint64_t token);
  void discard(DiscardMessage request, std::uint64_t token);

 private:
  using Name = std::pair<std::string, std::string>;  // Source and message id.

  void take(Inbound inbound, std::uint64_t token);
  enum class Standing { fresh, on_its_way, answered };
  [[nodiscard]] Standing look_up(Inbound& inbound, std::uint64_t token, Result<JsonText>& answer);
  void arrive(const Inbound& inbound, std::uint64_t token);
  void route(const Inbound& inbound, std::uint64_t token);
  [[nodiscard]] Result<std::vector<ClinicalEvent>> map(const Inbound& inbound);
  [[nodiscard]] Result<JsonText> run_mapping(const std::shared_ptr<const Program>& program,
                                             const MappingDefinition& mapping, const Inbound& inbound);
  [[nodiscard]] JsonText json_of(const Inbound& inbound) const;
  // What a message says, by patient.
  using Parted = std::vector<std::pair<std::string, ForwardEvents>>;
  [[nodiscard]] Result<Parted> part(const std::vector<ClinicalEvent>& events, PersonsInFlight::Hold& hold);
  // Precondition: at least one part.
  [[nodiscard]] static AcceptMessage address(const Inbound& inbound, Parted parts);
  [[nodiscard]] bool must_wait(const std::vector<std::string>& patients, const Inbound& inbound, std::uint64_t token);
  // Whether somebody of these is blocked, or a message of the lane that came before and is about one of them waits.
  [[nodiscard]] bool stands_behind(const std::vector<std::string>& patients, const std::string& lane,
                                   std::uint64_t place) const;
  void let_go_on(const std::vector<std::string>& patients);
  void go_on(const std::string& lane);
  // Whose record these identifiers mean: of several numbers of a person's own, the first under which there is one.
  [[nodiscard]] Result<std::string> person_of(const std::vector<Identifier>& identifiers, PersonsInFlight::Hold& hold);
  // "" where there is no record yet.
  [[nodiscard]] Result<std::string> stored_person(const std::vector<std::string>& ids);
  [[nodiscard]] Result<std::string> survivor_of(std::string patient);
  // Commits a message that concerns no patient: quarantined, or without events.
  void commit_alone(const Inbound& inbound, MessageRecord message, std::string_view action, std::uint64_t token);
  // After the commit: answers those who sent the same meanwhile.
  void finish(const MessageRecord& message);

  // ingest_review.cpp. A decision holds its message from before it looks into the store until its change is seen there.
  struct Review;
  void review(std::string source, std::string message_id, std::function<void()> decide);
  void decided(const Review& review);
  void refuse(const Review& review, Error error);
  [[nodiscard]] std::optional<MessageRecord> find_quarantined(const Review& review);
  void run_replay(const ReplayMessage& request, std::uint64_t token);
  void replayed(const ReplayMessage& request, const Review& review, const MessageRecord& before, const Name& again,
                Result<JsonText> answer);
  void run_discard(const DiscardMessage& request, std::uint64_t token);
  void commit_review(const Review& review, MessageRecord before, std::string state, AuditRecord record,
                     std::optional<JsonText> answer);

  struct OnItsWay {
    std::string raw;
    std::vector<std::uint64_t> waiting;  // Tokens of those who sent the same again.
  };
  Parts parts_;
  PersonsInFlight persons_;
  RowsInFlight reviewed_;  // Of the lane of reviews.
  std::mutex mutex_;
  std::map<Name, OnItsWay> on_their_way_;
  // Patients whom messages about several people have not reached yet: how many.
  std::map<std::string, int> blocked_;
  // What waits for that, in the order of its places.
  struct Waiting {
    std::string lane;
    std::uint64_t place = 0;
    std::vector<std::string> patients;
    std::function<void()> work;
  };
  std::vector<Waiting> waiting_;
  std::uint64_t last_place_ = 0;
  // Mapping sandboxes that nobody uses at the moment, by program.
  std::map<std::string, std::vector<std::unique_ptr<MappingRun>>> idle_mappings_;
};

}  // namespace baton
