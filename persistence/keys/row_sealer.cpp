#include "persistence/keys/row_sealer.hpp"

#include <algorithm>

#include "persistence/rocks.hpp"
#include "persistence/store.hpp"
#include "runtime/base/codec.hpp"
#include "runtime/model/turn.hpp"

namespace baton {
namespace {

constexpr std::uint8_t kNumberVersion = 1;
constexpr std::size_t kHeldAtMost = 65'536;
constexpr std::string_view kLast = "last";

std::string number_value(KeyNumber number) { return std::move(Writer().u8(kNumberVersion).varint(number)).take(); }

// The number in a row of the named family; nothing when there is none.
Result<std::optional<KeyNumber>> read_number(const Store& store, std::string_view key) {
  const Rocks& rocks = store.rocks();
  std::string value;
  const rocksdb::Status found = rocks.seen().Get({}, rocks.family(ColumnFamily::named), slice(key), &value);
  if (found.IsNotFound()) return std::optional<KeyNumber>();
  if (!found.ok()) return error_of(found, "the owners of keys cannot be read");
  Reader reader(value);
  const std::uint8_t version = reader.u8();
  const KeyNumber number = reader.varint();
  if (version != kNumberVersion || !reader.ok() || !reader.at_end() || number == 0) {
    return Error{ErrorCode::store_corrupt, "the owner of a key cannot be read", "restore the store from a backup"};
  }
  return std::optional(number);
}

}  // namespace

Result<std::optional<KeyNumber>> keys_used(const Store& store) {
  return read_number(store, keys::named("keys_used", kLast));
}

Result<RowSealer> RowSealer::load(const Store& store) {
  RowSealer sealer(store);
  sealer.keys_ = store.keys();
  sealer.pseudonyms_ = &store.pseudonyms();
  if (sealer.keys_ == nullptr) return sealer;
  const auto used = keys_used(store);
  if (!used.ok()) return used.error();
  // A store that was restored from a backup does not know whose the keys are that were given away since: whatever there is may be
  // somebody's, and every start gives away new ones only.
  sealer.last_ = std::max(used->value_or(0), sealer.keys_->last());
  sealer.generation_ = sealer.keys_->generation();
  return sealer;
}

std::string RowSealer::name_of(std::string_view owner) const {
  return keys::named("key_owners", pseudonyms_->of(Pseudonyms::Kind::owner, owner));
}

bool RowSealer::reads_last_round() const {
  return keys_ != nullptr && (!retired_.empty() || held_.size() >= kHeldAtMost || keys_->generation() != generation_);
}

// Whose key was given in a round that is not in the store yet is known only here, and so nothing is forgotten beside one.
void RowSealer::begin_round(bool beside) {
  current_ = nullptr;
  current_owner_.clear();
  if (beside || !reads_last_round()) return;
  retired_.clear();
  // A key that was destroyed meanwhile must not seal anything more.
  const std::uint64_t generation = keys_->generation();
  if (generation == generation_ && held_.size() < kHeldAtMost) return;
  generation_ = generation;
  for (auto& [owner, held] : held_) wipe(held.key);
  held_.clear();
}

const RowSealer::Held* RowSealer::find(std::string_view owner) {
  const auto known = held_.find(std::string(owner));
  if (known != held_.end()) return &known->second;
  if (retired_.contains(std::string(owner))) return nullptr;
  const auto number = read_number(*store_, name_of(owner));
  if (!number.ok()) {
    status_ = number.error();
    return nullptr;
  }
  if (!*number) return nullptr;
  Held held{**number, {}};
  if (keys_->key(held.number, held.key) != KeyStore::State::here) return nullptr;
  return &held_.emplace(owner, held).first->second;
}

const RowSealer::Held& RowSealer::give(std::string_view owner) {
  Held held{++last_, {}};
  if (status_.ok()) status_ = keys_->provide(held.number);
  const KeyStore::State state = keys_->key(held.number, held.key);
  // Where it could not be made the round is not committed: what is sealed under this key of zeros goes nowhere.
  BATON_ASSERT(state == KeyStore::State::here || !status_.ok());
  new_owners_.emplace_back(owner);
  return held_.insert_or_assign(std::string(owner), held).first->second;
}

void RowSealer::use(std::string_view owner) {
  if (keys_ == nullptr || (current_ != nullptr && current_owner_ == owner)) return;
  const Held* const found = find(owner);
  current_ = found != nullptr ? found : &give(owner);
  current_owner_ = owner;
}

void RowSealer::seal(ColumnFamily family, std::string_view key, std::string_view plain, std::string& out) {
  BATON_ASSERT(current_ != nullptr);
  bound_.assign(1, static_cast<char>(family));
  bound_.append(key);
  seal_value(aead_, current_->number, current_->key, bound_, plain, out);
}

void RowSealer::retire(std::string_view owner, std::string_view erasure, RowBatch& rows) {
  if (keys_ == nullptr) return;
  current_ = nullptr;
  const Held* const held = find(owner);
  if (held == nullptr) return;
  const std::string number = std::to_string(held->number);
  rows.put(
      ColumnFamily::named, keys::named("keys_retired", std::string(erasure) + "/" + number),
      std::move(Writer().u8(kNumberVersion).varint(held->number).bytes(pseudonyms_->of(Pseudonyms::Kind::owner, owner)))
          .take());
  rows.remove(ColumnFamily::named, name_of(owner));
  std::erase(new_owners_, owner);
  held_.erase(std::string(owner));
  retired_.emplace(owner);
}

// Who a patient's pseudonym stands for is known as soon as anything says it: it goes with the patient's first key.
void RowSealer::put_behind_pseudonym(const std::string& owner, RowBatch& rows) {
  const auto patient = patient_of_key_owner(owner);
  if (!patient || is_pseudonym(*patient)) return;  // Of an erasure: whom it stands for must not be known any more.
  use(owner);
  const std::string key = keys::named("pseudonyms", pseudonyms_->patient(*patient));
  rows.put_filled(ColumnFamily::named, key, [&](std::string& out) { seal(ColumnFamily::named, key, *patient, out); });
}

void RowSealer::finish_round(RowBatch& rows) {
  if (new_owners_.empty()) return;
  for (const std::string& owner : new_owners_) {
    rows.put(ColumnFamily::named, name_of(owner), number_value(held_.at(owner).number));
    put_behind_pseudonym(owner, rows);
  }
  new_owners_.clear();
  rows.put(ColumnFamily::named, keys::named("keys_used", kLast), number_value(last_));
}

}  // namespace baton
