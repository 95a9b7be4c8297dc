// Erasures: who asked that a person's data be destroyed, who decided, and what came of it. A row for each in the named space
// "erasures", sealed under the house's key, in which persons have pseudonyms: it outlasts them. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "persistence/keys/envelope.hpp"
#include "persistence/store_reader.hpp"
#include "runtime/model/principal.hpp"

namespace baton {

enum class ErasureState : std::uint8_t {
  requested = 1,  // Waits for somebody else's decision.
  refused = 2,
  approved = 3,  // Is being carried out; goes on at the next start.
  erased = 4,
};
[[nodiscard]] std::string_view to_string(ErasureState state) noexcept;

struct Erasure {
  std::string id;
  ErasureState state = ErasureState::requested;
  std::string patient;  // The pseudonym.
  std::string basis;    // The legal basis, a code of the house's: "gdpr-17-1-b".
  std::string reason;   // In words, without the person's name.
  Principal requested_by;
  Instant requested_at;
  Principal decided_by;
  std::optional<Instant> decided_at;
  std::string decision;  // Why, in words.
  std::optional<Instant> erased_at;
  // What it took with it.
  std::uint64_t people = 0;  // Records that were one person.
  std::uint64_t cases = 0, events = 0, messages = 0, keys = 0;

  bool operator==(const Erasure&) const = default;
};

inline constexpr std::string_view kErasureSpace = "erasures";

[[nodiscard]] std::string encode(const Erasure& erasure);
// Errors: store_corrupt, store_version.
[[nodiscard]] Result<Erasure> decode_erasure(std::string_view row);
void write_json(JsonWriter& writer, const Erasure& erasure);

// In the order in which they were asked for.
[[nodiscard]] Result<std::vector<Erasure>> list_erasures(const StoreReader& reader);
[[nodiscard]] Result<std::optional<Erasure>> find_erasure(const StoreReader& reader, std::string_view id);

// What an erasure of this person would take.
struct ErasureScope {
  std::vector<std::string> people;  // Ids of the records that are one person by merges, the survivor first.
  std::vector<std::string> open_cases;
  std::uint64_t cases = 0, events = 0;
  // Messages with a key of their own that name the person: those that were replayed for them, and those in quarantine in whose
  // text one of the person's identifiers stands. Source and id.
  std::vector<std::pair<std::string, std::string>> messages;
};
// Looks at every message that has found no person; takes its time. Error not_found when there is no such patient.
[[nodiscard]] Result<ErasureScope> erasure_scope(const StoreReader& reader, const std::string& patient);

// Whether the person's record, which can still be read, lies under a key that the person has no more: it has ended in an erasure that
// is still to destroy the key. Errors: the store's.
[[nodiscard]] Result<bool> record_has_ended(const StoreReader& reader, std::string_view patient);

// A key that was retired for an erasure and is to be destroyed.
struct RetiredKey {
  std::string row;  // The key of its row in the space keys_retired.
  KeyNumber number = 0;
  std::string owner;  // The pseudonym.
};
[[nodiscard]] Result<std::vector<RetiredKey>> retired_keys(const StoreReader& reader, std::string_view erasure);
// Open cases of these people that began under one of the keys: they would be lost with it.
[[nodiscard]] Result<std::vector<std::string>> open_cases_under(const StoreReader& reader,
                                                                const std::vector<RetiredKey>& retired,
                                                                const std::vector<std::string>& people);

}  // namespace baton
