// Legal holds: what must not be erased or pruned, for whom and why. A row for each, kept after it was lifted.
//
// A hold is on a person (under every id that the person's merged records have), on an instance, or on a span of time. What
// a hold and an erasure or a prune say of each other is decided by the ledger's order: a hold covers what was there when
// its record was committed. Thread-safe.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/store_reader.hpp"
#include "runtime/model/audit_leaf.hpp"
#include "runtime/model/principal.hpp"

namespace baton {

// In the space "holds", by id.
struct LegalHold {
  std::string id;
  // Exactly one of the three: a patient, an instance, or records stamped from `from` on and before `before`.
  std::string patient;
  std::string instance;
  std::optional<Instant> from;
  std::optional<Instant> before;
  std::string matter;  // The case or order that asks for it: "23-cv-117".
  std::string reason;
  Principal placed_by;
  Instant placed_at;
  std::optional<Instant> lifted_at;
  Principal lifted_by;
  std::string lift_reason;

  [[nodiscard]] bool in_force() const { return !lifted_at; }
  bool operator==(const LegalHold&) const = default;
};

inline constexpr std::string_view kHoldSpace = "holds";
// All holds together: they are looked through whenever something is to go.
constexpr std::size_t kMostHolds = 10'000;

[[nodiscard]] std::string encode(const LegalHold& hold);
// Errors: store_corrupt, store_version.
[[nodiscard]] Result<LegalHold> decode_hold(std::string_view id, std::string_view row);
void write_json(JsonWriter& writer, const LegalHold& hold);

// Those in force, or all of them, in the order of their ids.
[[nodiscard]] Result<std::vector<LegalHold>> list_holds(const StoreReader& reader, bool with_lifted);
[[nodiscard]] Result<std::optional<LegalHold>> find_hold(const StoreReader& reader, std::string_view id);

// Whether there is somebody or something that a hold can be on: a record, also of a person who was erased, or at least
// one in the ledger.
[[nodiscard]] Result<bool> is_known_patient(const StoreReader& reader, const std::string& patient);
[[nodiscard]] Result<bool> is_known_instance(const StoreReader& reader, const std::string& instance);

// A hold in force that keeps this person's data: on the person, on an instance about the person, or on a span of time in
// which a record about the person was written. Nothing when there is none.
[[nodiscard]] Result<std::optional<LegalHold>> hold_on_patient(const StoreReader& reader, const std::string& patient);
// One on a person, or on a case about a person, whose key is one of these: pseudonyms of kind owner.
[[nodiscard]] Result<std::optional<LegalHold>> hold_on_keys(const StoreReader& reader,
                                                            const std::vector<std::string>& owners);
// The error that says so.
[[nodiscard]] Error held_error(const LegalHold& hold, std::string_view what);

// The holds in force at one moment, for looking at many records.
class HoldsInForce {
 public:
  [[nodiscard]] static Result<HoldsInForce> load(const StoreReader& reader);

  // The hold that keeps this record; null when none does.
  [[nodiscard]] const LegalHold* on(const AuditLeaf& leaf) const;
  [[nodiscard]] bool empty() const { return holds_.empty(); }

 private:
  struct Scope {
    LegalHold hold;
    // Every id that the person's records have, and its pseudonym: as the leaf has it when it is opened, and as it is stored.
    std::set<std::string, std::less<>> patients;
  };
  std::vector<Scope> holds_;
};

}  // namespace baton
