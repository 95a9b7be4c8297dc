// The key store: the data keys of persons and of messages, in a file of its own beside the store. What it has destroyed
// cannot be had back from any file of this machine, so everything that was sealed under it is gone, in backups too.
//
//   file   = header block*                                  named <path>.<generation>
//   header = "BATONKEY" u8(1) bytes(store identity) u64(generation) u64(keys when it was written)
//            bytes(wrapped main key) bytes(sealed secret) check
//   block  = u32(count) count*slot check                    the slots of keys 1, 2, 3, ... in order
//   slot   = u8(0) / u8(1) 60*u8(data key, sealed under the main key)          0: destroyed, for ever
//   check  = first 8 bytes of SHA-256 over all before it in its header or block
//
// The main key is wrapped by the key-encryption key; it seals the data keys and the secret of pseudonyms. Keys are made in
// blocks, ahead of their use, and synced before the first is handed out: a key is durable before anything is sealed
// under it, and giving one to a person costs no sync of its own. Which person has which key is said in the store.
//
// Destroying keys writes a new file with a new main key: survivors are sealed again, the file is synced and renamed to
// the name of its generation, the folder is synced, and only then is the old file overwritten and removed. The
// key-encryption key is renewed before it where it is ours, so that an old copy of the key store opens nothing any more. A
// crash at any point leaves the old file or the new one whole, and the key that opens it; open() takes the newest and erases
// what is left over.
//
// Thread-safe: key() is called from many threads; the rest by whoever commits or erases.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "persistence/keys/envelope.hpp"
#include "persistence/keys/key_encryption.hpp"
#include "persistence/keys/pseudonym.hpp"

namespace rocksdb {
class Env;
}

namespace baton {

class KeyStore {
 public:
  struct Options {
    std::string path;
    rocksdb::Env* env = nullptr;  // Borrowed; null is the operating system's.
    std::string identity;         // Of the store whose keys these are.
    // The greatest key that the store has given away, which the key store must have; nothing for a store without keys.
    std::optional<KeyNumber> used;
    bool pseudonyms = true;  // For a new one: whether keys on disk are to be pseudonyms.
  };
  // Errors: keys_unusable (missing, of another store, damaged, or the key-encryption key does not open it), io_failed.
  [[nodiscard]] static Result<std::unique_ptr<KeyStore>> open(const Options& options,
                                                              std::unique_ptr<KeyEncryption> encryption);
  // Whether there is one, whatever its state.
  [[nodiscard]] static bool exists(const std::string& path, rocksdb::Env* env);
  ~KeyStore();
  KeyStore(const KeyStore&) = delete;
  KeyStore& operator=(const KeyStore&) = delete;

  enum class State { here, destroyed, unknown };
  // Puts the key into `key` when it is here.
  [[nodiscard]] State key(KeyNumber number, SealKey& key) const;

  // Sees to it that keys up to and with `number` exist, durably. Errors: io_failed.
  [[nodiscard]] Status provide(KeyNumber number);
  // The greatest number that exists.
  [[nodiscard]] KeyNumber last() const;

  // Destroys keys; those that are destroyed already are no error. When this returns success they are in no file.
  [[nodiscard]] Status destroy(const std::vector<KeyNumber>& numbers);
  // Renews main key and key-encryption key; readers and committer go on meanwhile.
  [[nodiscard]] Status rotate() { return destroy({}); }
  // Counts rewrites of the file.
  [[nodiscard]] std::uint64_t generation() const;

  [[nodiscard]] const Pseudonyms& pseudonyms() const { return pseudonyms_; }

 private:
  struct Slot {
    bool here = false;
    SealKey key{};
  };
  KeyStore(Options options, std::unique_ptr<KeyEncryption> encryption);
  [[nodiscard]] Status create();
  [[nodiscard]] Status load(const std::string& bytes);
  [[nodiscard]] Status append_block(std::size_t count);
  // Wraps main_ anew.
  [[nodiscard]] Result<std::string> header();
  [[nodiscard]] std::string block(KeyNumber first, const std::vector<Slot>& slots);
  [[nodiscard]] Status rewrite(std::vector<Slot> slots);
  [[nodiscard]] std::string file_of(std::uint64_t generation) const;
  // Generations that have a file, ascending; drafts are erased.
  [[nodiscard]] Result<std::vector<std::uint64_t>> generations();
  [[nodiscard]] Status put_in_place(const std::string& bytes);
  [[nodiscard]] Status erase_file(const std::string& path);

  Options options_;
  std::unique_ptr<KeyEncryption> encryption_;
  Pseudonyms pseudonyms_;
  std::mutex writing_;  // One writer of the file at a time.
  mutable std::shared_mutex reading_;
  std::vector<Slot> slots_;  // Slot i is key i + 1.
  std::size_t next_block_;   // Keys of the next block that is appended, at least.
  std::uint64_t generation_ = 0;
  bool torn_ = false;            // The file ends with a piece of a block.
  std::optional<Error> broken_;  // Why nothing more is written: what is on disk is not known.
  SealKey main_{};
  std::string wrapped_;  // main_, as the newest file has it.
  std::string secret_;   // Of pseudonyms; empty when keys are not.
  mutable Aead aead_;
};

}  // namespace baton
