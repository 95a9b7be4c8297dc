// The key-encryption key: what wraps the key store's own key, so that the key store alone opens nothing. It lies in a
// file that only its owner may read, or behind a command that asks a key management service. Owned by one thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "persistence/keys/aead.hpp"
#include "runtime/base/result.hpp"

namespace baton {

class KeyEncryption {
 public:
  virtual ~KeyEncryption() = default;
  // Wraps under the newest key. Errors: keys_unusable, io_failed.
  [[nodiscard]] virtual Result<std::string> wrap(std::string_view secret) = 0;
  // Error keys_unusable: wrapped under a key that is not here, or not wrapped here at all.
  [[nodiscard]] virtual Result<std::string> unwrap(std::string_view wrapped) = 0;
  // Makes a new key, which wrap() uses from now on; what older ones wrapped still opens, also after a crash.
  [[nodiscard]] virtual Status renew() = 0;
  // Nothing is wrapped any more under a key older than the one that wrapped this: those are forgotten, and overwritten where they
  // lie. A newer one stays: a crash may have come before anything was wrapped under it.
  [[nodiscard]] virtual Status forget_older(std::string_view wrapped) = 0;
};

// Keys in a file, one a line: <number> SP <base64 of 32 bytes>; the last is the newest. Made when it is not there and
// `may_make`. Errors: bad_config when it is missing and may not be made, is malformed, or may be read by others.
[[nodiscard]] Result<std::unique_ptr<KeyEncryption>> open_key_file(const std::filesystem::path& path, bool may_make);

// A command that wraps and unwraps, run by /bin/sh for each request (a few at a start, a rotation or an erasure):
//   standard input   "wrap " base64 LF, or "unwrap " base64 LF
//   standard output  base64 LF: what was asked for
// Anything else, and an exit status that is not 0, is keys_unusable. What it says on standard error is not read. Renewing
// and forgetting keys is the service's own affair. A command that does not answer in time is ended with all that it has
// started, and so is one while the process has a SIGTERM or SIGINT that waits to be taken: keys_unusable too.
inline constexpr std::chrono::milliseconds kKeyCommandPatience{30'000};
[[nodiscard]] std::unique_ptr<KeyEncryption> key_command(std::string command);
[[nodiscard]] std::unique_ptr<KeyEncryption> key_command(std::string command, std::chrono::milliseconds patience);

// One key that stays as it is, for stores in memory and for tests.
[[nodiscard]] std::unique_ptr<KeyEncryption> key_in_memory(const SealKey& key);

}  // namespace baton
