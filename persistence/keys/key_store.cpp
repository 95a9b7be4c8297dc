#include "persistence/keys/key_store.hpp"

#include <rocksdb/env.h>

#include <algorithm>
#include <cstring>

#include "persistence/rocks.hpp"
#include "runtime/base/codec.hpp"
#include "runtime/base/sha256.hpp"

namespace baton {
namespace {

constexpr std::string_view kMagic = "BATONKEY";
constexpr std::uint8_t kStoreVersion = 1;
constexpr std::size_t kCheckSize = 8;
constexpr std::size_t kWrappedKeySize = kSealKeySize + kSealOverhead;
// A start leaves what is left of the last block unused, so the first blocks of a run are small.
constexpr std::size_t kFirstBlockKeys = 16;
constexpr std::size_t kBlockKeys = 256;
constexpr std::size_t kRewrittenBlockKeys = 4096;
constexpr std::string_view kSecretBound = "secret";

Error unusable(std::string detail) {
  return Error{ErrorCode::keys_unusable, std::move(detail), "put the key store back that belongs to this store"};
}

std::string with_check(std::string bytes) {
  const Hash256 check = sha256(bytes);
  bytes.append(as_bytes(check).substr(0, kCheckSize));
  return bytes;
}

bool check_holds(std::string_view bytes, std::string_view check) {
  const Hash256 computed = sha256(bytes);
  return as_bytes(computed).substr(0, kCheckSize) == check;
}

std::string slot_bound(KeyNumber number) { return std::move(Writer().raw("slot").u64be(number)).take(); }

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

rocksdb::Status write_and_sync(rocksdb::Env* env, const std::string& path, const std::string& bytes) {
  std::unique_ptr<rocksdb::WritableFile> file;
  rocksdb::Status status = env->NewWritableFile(path, &file, rocksdb::EnvOptions());
  if (status.ok()) status = file->Append(bytes);
  if (status.ok()) status = file->Sync();
  if (status.ok()) status = file->Close();
  return status;
}

rocksdb::Status sync_folder(rocksdb::Env* env, const std::string& path) {
  std::unique_ptr<rocksdb::Directory> folder;
  rocksdb::Status status = env->NewDirectory(folder_of(path), &folder);
  return status.ok() ? folder->Fsync() : status;
}

}  // namespace

KeyStore::KeyStore(Options options, std::unique_ptr<KeyEncryption> encryption)
    : options_(std::move(options)), encryption_(std::move(encryption)), next_block_(kFirstBlockKeys) {
  if (options_.env == nullptr) options_.env = rocksdb::Env::Default();
}

KeyStore::~KeyStore() {
  for (Slot& slot : slots_) wipe(slot.key);
  wipe(main_);
  wipe(secret_);
}

Result<std::unique_ptr<KeyStore>> KeyStore::open(const Options& options, std::unique_ptr<KeyEncryption> encryption) {
  std::unique_ptr<KeyStore> store(new KeyStore(options, std::move(encryption)));
  auto there = store->generations();
  if (!there.ok()) return there.error();
  if (there->empty()) {
    if (options.used) return unusable("the key store " + options.path + " is missing, and the store has sealed rows");
    if (const Status made = store->create(); !made.ok()) return made.error();
  } else {
    store->generation_ = there->back();
    there->pop_back();
    std::string bytes;
    const std::string newest = store->file_of(store->generation_);
    const rocksdb::Status read = rocksdb::ReadFileToString(store->options_.env, newest, &bytes);
    if (!read.ok()) return error_of(read, "the key store cannot be read");
    if (const Status loaded = store->load(bytes); !loaded.ok()) return loaded.error();
    for (const std::uint64_t older : *there) {
      if (const Status gone = store->erase_file(store->file_of(older)); !gone.ok()) return gone.error();
    }
    if (const Status forgotten = store->encryption_->forget_older(store->wrapped_); !forgotten.ok())
      return forgotten.error();
  }
  if (!store->secret_.empty()) {
    SealKey secret{};
    std::memcpy(secret.data(), store->secret_.data(), secret.size());
    store->pseudonyms_ = Pseudonyms(secret);
    wipe(secret);
  }
  return store;
}

bool KeyStore::exists(const std::string& path, rocksdb::Env* env) {
  std::vector<std::string> names;
  if (env == nullptr) env = rocksdb::Env::Default();
  (void)env->GetChildren(folder_of(path), &names);
  const std::string prefix = path.substr(path.rfind('/') + 1) + ".";
  return std::ranges::any_of(names, [&](const std::string& name) {
    return name.size() > prefix.size() && name.starts_with(prefix) && name[prefix.size()] >= '0' &&
           name[prefix.size()] <= '9';
  });
}

std::string KeyStore::file_of(std::uint64_t generation) const {
  return options_.path + "." + std::to_string(generation);
}

Result<std::vector<std::uint64_t>> KeyStore::generations() {
  std::vector<std::string> names;
  const std::string folder = folder_of(options_.path);
  const rocksdb::Status listed = options_.env->GetChildren(folder, &names);
  if (!listed.ok() && !listed.IsNotFound()) return error_of(listed, "the folder of the key store cannot be read");
  const std::string prefix = options_.path.substr(options_.path.rfind('/') + 1) + ".";
  std::vector<std::uint64_t> found;
  for (const std::string& name : names) {
    if (!name.starts_with(prefix)) continue;
    const std::string rest = name.substr(prefix.size());
    if (rest == "new") {
      if (const Status gone = erase_file(options_.path + ".new"); !gone.ok()) return gone.error();
    } else if (!rest.empty() && std::ranges::all_of(rest, [](char c) { return c >= '0' && c <= '9'; })) {
      found.push_back(std::stoull(rest));
    }
  }
  std::ranges::sort(found);
  return found;
}

Status KeyStore::create() {
  main_ = random_seal_key();
  generation_ = 1;
  if (options_.pseudonyms) {
    const SealKey secret = random_seal_key();
    secret_.assign(secret.data(), secret.size());
  }
  const auto bytes = header();
  if (!bytes.ok()) return bytes.error();
  if (const Status placed = put_in_place(*bytes); !placed.ok()) return placed;
  // Its folder may be as new as the file is, and has to survive a power cut as well.
  const rocksdb::Status synced = sync_folder(options_.env, folder_of(options_.path));
  return synced.ok() ? success() : Status(error_of(synced, "the folder of the key store cannot be synced"));
}

Result<std::string> KeyStore::header() {
  auto wrapped = encryption_->wrap({main_.data(), main_.size()});
  if (!wrapped.ok()) return wrapped;
  wrapped_ = *std::move(wrapped);
  std::string sealed_secret;
  if (!secret_.empty()) aead_.seal(main_, kSecretBound, secret_, sealed_secret);
  Writer writer;
  writer.raw(kMagic).u8(kStoreVersion).bytes(options_.identity).u64be(generation_).u64be(last());
  writer.bytes(wrapped_).bytes(sealed_secret);
  return with_check(std::move(writer).take());
}

std::string KeyStore::block(KeyNumber first, const std::vector<Slot>& slots) {
  std::string bytes = std::move(Writer().u32be(static_cast<std::uint32_t>(slots.size()))).take();
  for (const Slot& slot : slots) {
    bytes.push_back(slot.here ? 1 : 0);
    if (slot.here) aead_.seal(main_, slot_bound(first), {slot.key.data(), slot.key.size()}, bytes);
    ++first;
  }
  return with_check(std::move(bytes));
}

Status KeyStore::load(const std::string& bytes) {
  Reader reader(bytes);
  const std::string_view magic = reader.raw(kMagic.size());
  const std::uint8_t version = reader.u8();
  if (magic != kMagic || version != kStoreVersion) return unusable(options_.path + " is no key store of this version");
  const std::string identity = reader.text();
  const std::uint64_t generation = reader.u64be();
  const std::uint64_t complete = reader.u64be();
  const std::string_view wrapped = reader.bytes();
  const std::string_view sealed_secret = reader.bytes();
  const std::size_t checked = bytes.size() - reader.rest().size();
  if (!check_holds(std::string_view(bytes).substr(0, checked), reader.raw(kCheckSize)) || !reader.ok()) {
    return unusable("the key store " + options_.path + " is damaged");
  }
  if (generation != generation_) return unusable(file_of(generation_) + " has another generation inside");
  if (identity != options_.identity) return unusable("the key store " + options_.path + " is that of another store");
  wrapped_ = wrapped;
  auto main = encryption_->unwrap(wrapped_);
  if (!main.ok()) return main.error();
  if (main->size() != main_.size()) return unusable("the key store's main key has the wrong size");
  std::memcpy(main_.data(), main->data(), main_.size());
  wipe(*main);
  if (!sealed_secret.empty() && !aead_.open(main_, kSecretBound, sealed_secret, secret_)) {
    return unusable("the key store " + options_.path + " is damaged");
  }
  // Blocks. The last one may be cut short: none of its keys was ever used.
  while (!reader.at_end()) {
    const std::string_view rest = reader.rest();
    const std::uint32_t count = reader.u32be();
    std::vector<Slot> slots;
    for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
      Slot slot;
      slot.here = reader.u8() == 1;
      const std::string_view sealed = slot.here ? reader.raw(kWrappedKeySize) : std::string_view();
      std::string key;
      if (slot.here && reader.ok() && aead_.open(main_, slot_bound(slots_.size() + i + 1), sealed, key)) {
        std::memcpy(slot.key.data(), key.data(), slot.key.size());
        wipe(key);
      } else if (slot.here) {
        reader.fail();
      }
      slots.push_back(slot);
    }
    const std::size_t size = reader.ok() ? rest.size() - reader.rest().size() : 0;
    if (!reader.ok() || !check_holds(rest.substr(0, size), reader.raw(kCheckSize))) {
      torn_ = true;
      break;
    }
    slots_.insert(slots_.end(), slots.begin(), slots.end());
  }
  const std::uint64_t needed = std::max<std::uint64_t>(complete, options_.used.value_or(0));
  if (slots_.size() < needed) {
    if (torn_) {
      return unusable("the key store " + options_.path + " is damaged behind key " + std::to_string(slots_.size()) +
                      ": what follows does not hold its checksum, and the store uses key " + std::to_string(needed));
    }
    return unusable("the key store " + options_.path + " ends at key " + std::to_string(slots_.size()) +
                    ", and the store uses key " + std::to_string(needed));
  }
  return success();
}

KeyStore::State KeyStore::key(KeyNumber number, SealKey& key) const {
  const std::shared_lock lock(reading_);
  if (number == 0 || number > slots_.size()) return State::unknown;
  const Slot& slot = slots_[number - 1];
  if (!slot.here) return State::destroyed;
  key = slot.key;
  return State::here;
}

KeyNumber KeyStore::last() const {
  const std::shared_lock lock(reading_);
  return slots_.size();
}

std::uint64_t KeyStore::generation() const {
  const std::shared_lock lock(reading_);
  return generation_;
}

Status KeyStore::provide(KeyNumber number) {
  if (number <= last()) return success();
  const std::lock_guard writing(writing_);
  if (broken_) return *broken_;
  // Behind a piece of a block nothing is appended: the file is written anew first.
  if (torn_) {
    if (const Status whole = rewrite(slots_); !whole.ok()) return whole;
  }
  while (number > last()) {
    const auto missing = static_cast<std::size_t>(number - last());
    if (const Status made = append_block(std::max(missing, next_block_)); !made.ok()) {
      broken_ = made.error();
      return made;
    }
    next_block_ = std::min(next_block_ * 2, kBlockKeys);
  }
  return success();
}

Status KeyStore::append_block(std::size_t count) {
  std::vector<Slot> slots(count);
  for (Slot& slot : slots) slot = {true, random_seal_key()};
  const std::string bytes = block(last() + 1, slots);
  std::unique_ptr<rocksdb::WritableFile> file;
  rocksdb::Status status = options_.env->ReopenWritableFile(file_of(generation_), &file, rocksdb::EnvOptions());
  if (status.ok()) status = file->Append(bytes);
  if (status.ok()) status = file->Sync();
  if (status.ok()) status = file->Close();
  if (!status.ok()) return error_of(status, "the key store cannot be written");
  const std::unique_lock lock(reading_);
  slots_.insert(slots_.end(), slots.begin(), slots.end());
  return success();
}

Status KeyStore::destroy(const std::vector<KeyNumber>& numbers) {
  const std::lock_guard writing(writing_);
  if (broken_) return *broken_;
  std::vector<Slot> survivors = slots_;  // Only writers change it.
  for (const KeyNumber number : numbers) {
    if (number == 0 || number > survivors.size()) continue;
    wipe(survivors[number - 1].key);
    survivors[number - 1].here = false;
  }
  return rewrite(std::move(survivors));
}

// Readers see the old keys until the new file is in its place.
Status KeyStore::rewrite(std::vector<Slot> slots) {
  const auto broken = [this](const Status& status) {
    broken_ = status.error();
    return status;
  };
  if (const Status renewed = encryption_->renew(); !renewed.ok()) return renewed;
  wipe(main_);
  main_ = random_seal_key();
  const std::string old = file_of(generation_);
  {
    const std::unique_lock lock(reading_);
    ++generation_;
  }
  auto bytes = header();
  if (!bytes.ok()) return broken(bytes.error());
  for (std::size_t at = 0; at < slots.size(); at += kRewrittenBlockKeys) {
    const std::size_t end = std::min(slots.size(), at + kRewrittenBlockKeys);
    *bytes += block(at + 1, std::vector<Slot>(slots.begin() + static_cast<std::ptrdiff_t>(at),
                                              slots.begin() + static_cast<std::ptrdiff_t>(end)));
  }
  if (const Status placed = put_in_place(*bytes); !placed.ok()) return broken(placed);
  {
    const std::unique_lock lock(reading_);
    slots_.swap(slots);
  }
  for (Slot& slot : slots) wipe(slot.key);
  torn_ = false;
  if (const Status gone = erase_file(old); !gone.ok()) return broken(gone);
  return encryption_->forget_older(wrapped_);
}

Status KeyStore::put_in_place(const std::string& bytes) {
  rocksdb::Env* const env = options_.env;
  const std::string draft = options_.path + ".new";
  rocksdb::Status status = write_and_sync(env, draft, bytes);
  if (status.ok()) status = env->RenameFile(draft, file_of(generation_));
  if (status.ok()) status = sync_folder(env, options_.path);
  if (!status.ok()) return error_of(status, "the key store cannot be written");
  return success();
}

Status KeyStore::erase_file(const std::string& path) {
  rocksdb::Env* const env = options_.env;
  std::uint64_t size = 0;
  rocksdb::Status status = env->GetFileSize(path, &size);
  std::unique_ptr<rocksdb::RandomRWFile> file;
  if (status.ok()) status = env->NewRandomRWFile(path, &file, rocksdb::EnvOptions());
  if (status.ok()) status = file->Write(0, std::string(size, '\0'));
  if (status.ok()) status = file->Sync();
  if (status.ok()) status = file->Close();
  if (status.ok()) status = env->DeleteFile(path);
  if (status.ok()) status = sync_folder(env, path);
  if (!status.ok()) return error_of(status, "the old key store cannot be overwritten");
  return success();
}

}  // namespace baton
