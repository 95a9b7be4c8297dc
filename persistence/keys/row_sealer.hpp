// Seals what a turn writes: each row under the key of whom it is about, as it goes into the batch. Owned by the
// committer's thread.
//
// Owners, whose keys are destroyed one by one:
//   "p:" patient                  everything about a person
//   "m:" source 0x1f message id   a message that has found no person, such as one in quarantine
//   "h"                           the house: what is about nobody
//
// The key that an owner has is a row of the named space key_owners, in the batch that first uses it; "last" of keys_used is
// the greatest number given away, which the key store must have when the store is opened. A start gives away none of the keys that
// it finds there: of a store that is a restored backup, they may be somebody's. With a patient's key goes the row
// of the space pseudonyms that says who is meant by the pseudonym, sealed under that key.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "persistence/key_space.hpp"
#include "persistence/keys/envelope.hpp"
#include "persistence/keys/key_store.hpp"
#include "persistence/row_batch.hpp"

namespace baton {

class Store;

constexpr std::string_view kHouseOwner = "h";

class RowSealer {
 public:
  // Of a store that was not unlocked: everything stays in the clear. Errors: io_failed, store_corrupt.
  [[nodiscard]] static Result<RowSealer> load(const Store& store);

  [[nodiscard]] bool active() const { return keys_ != nullptr; }
  [[nodiscard]] const Pseudonyms& pseudonyms() const { return *pseudonyms_; }

  // Whose key seals from here on.
  void use(std::string_view owner);
  // Appends `plain` to `out`, sealed for the row (family, key). Precondition: active(), and use() was called.
  void seal(ColumnFamily family, std::string_view key, std::string_view plain, std::string& out);
  // The owner's key is given to nobody any more, and is to be destroyed for `erasure`.
  void retire(std::string_view owner, std::string_view erasure, RowBatch& rows);
  // Puts the rows about keys that were given away.
  void finish_round(RowBatch& rows);
  // `beside`: the round before may not be in the store yet. Precondition then: !reads_last_round().
  void begin_round(bool beside);
  // True when the next round needs what the last one has written, or has to look its owners up anew.
  [[nodiscard]] bool reads_last_round() const;
  // Not success once keys could not be made durable: the round must not be committed.
  [[nodiscard]] const Status& status() const { return status_; }

 private:
  struct Held {
    KeyNumber number = 0;
    SealKey key{};
  };
  explicit RowSealer(const Store& store) : store_(&store) {}
  [[nodiscard]] const Held* find(std::string_view owner);
  [[nodiscard]] const Held& give(std::string_view owner);
  [[nodiscard]] std::string name_of(std::string_view owner) const;
  void put_behind_pseudonym(const std::string& owner, RowBatch& rows);

  const Store* store_;
  KeyStore* keys_ = nullptr;
  const Pseudonyms* pseudonyms_ = nullptr;
  Aead aead_;
  KeyNumber last_ = 0;  // The greatest number given away.
  std::uint64_t generation_ = 0;
  std::unordered_map<std::string, Held> held_;
  std::string current_owner_;
  const Held* current_ = nullptr;
  std::string bound_;
  std::vector<std::string> new_owners_;      // Their rows are put at the end of the round.
  std::unordered_set<std::string> retired_;  // In this round: the store still has their rows.
  Status status_ = success();
};

// The greatest key that the store has given away; nothing for a store without sealed rows. Errors: io_failed.
[[nodiscard]] Result<std::optional<KeyNumber>> keys_used(const Store& store);

}  // namespace baton
