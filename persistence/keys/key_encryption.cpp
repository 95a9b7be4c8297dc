#include "persistence/keys/key_encryption.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <sstream>
#include <utility>
#include <vector>

#include "persistence/private_file.hpp"
#include "runtime/base/base64.hpp"

namespace baton {
namespace {

constexpr std::size_t kLongestFile = 64 * 1024;
constexpr std::string_view kWrapBound = "baton key store";

Error unusable(std::string detail, std::string cure) {
  return Error{ErrorCode::keys_unusable, std::move(detail), std::move(cure)};
}

struct NumberedKey {
  std::uint64_t number = 0;
  SealKey key{};
};

// ---- keys in a file ----------------------------------------------------------------------------------------------------

// wrapped = number SP nonce ciphertext tag
class KeysInFile final : public KeyEncryption {
 public:
  KeysInFile(std::filesystem::path path, std::vector<NumberedKey> keys)
      : path_(std::move(path)), keys_(std::move(keys)) {}
  ~KeysInFile() override {
    for (NumberedKey& one : keys_) wipe(one.key);
  }

  Result<std::string> wrap(std::string_view secret) override {
    std::string wrapped = std::to_string(keys_.back().number) + " ";
    aead_.seal(keys_.back().key, kWrapBound, secret, wrapped);
    return wrapped;
  }

  Result<std::string> unwrap(std::string_view wrapped) override {
    const auto one = key_that_wrapped(wrapped);
    std::string secret;
    if (one != keys_.end() && aead_.open(one->key, kWrapBound, wrapped.substr(wrapped.find(' ') + 1), secret))
      return secret;
    return unusable("no key of " + path_.string() + " opens the key store",
                    "give the key-encryption key that belongs to this store");
  }

  Status renew() override {
    keys_.push_back({keys_.back().number + 1, random_seal_key()});
    return write();
  }

  Status forget_older(std::string_view wrapped) override {
    const auto kept = key_that_wrapped(wrapped);
    if (kept == keys_.begin() || kept == keys_.end()) return success();
    for (auto old = keys_.begin(); old != kept; ++old) wipe(old->key);
    keys_.erase(keys_.begin(), kept);
    return write();
  }

  // The old file is overwritten through the descriptor that was held open, once the new one is in its place.
  Status write() {
    std::string text;
    for (const NumberedKey& one : keys_) {
      text += std::to_string(one.number) + " " + encode_base64({one.key.data(), one.key.size()}) + "\n";
    }
    const int old = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    const Status written = replace_private_file(path_, text);
    wipe(text);
    if (old >= 0) {
      struct stat info {};
      if (written.ok() && ::fstat(old, &info) == 0) {
        const std::string zeros(static_cast<std::size_t>(info.st_size), '\0');
        (void)!::write(old, zeros.data(), zeros.size());
        (void)::fsync(old);
      }
      ::close(old);
    }
    return written;
  }

 private:
  [[nodiscard]] std::vector<NumberedKey>::iterator key_that_wrapped(std::string_view wrapped) {
    const std::string_view number = wrapped.substr(0, wrapped.find(' '));
    return std::ranges::find(keys_, number, [](const NumberedKey& one) { return std::to_string(one.number); });
  }

  std::filesystem::path path_;
  std::vector<NumberedKey> keys_;
  Aead aead_;
};

Result<std::string> read_private(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return errno == ENOENT ? Error{ErrorCode::not_found, path.string(), {}} : file_failed(path);
  struct stat info {};
  std::string text(kLongestFile, '\0');
  const bool known = ::fstat(file, &info) == 0;
  const ssize_t size = ::read(file, text.data(), text.size());
  ::close(file);
  if (!known || size < 0) return file_failed(path);
  if ((info.st_mode & 077) != 0) {
    return Error{ErrorCode::bad_config, "the key-encryption key " + path.string() + " may be read by others",
                 "chmod 600 it, and think about who may have read it"};
  }
  text.resize(static_cast<std::size_t>(size));
  return text;
}

Result<std::vector<NumberedKey>> parse_keys(const std::string& text, const std::filesystem::path& path) {
  std::vector<NumberedKey> keys;
  std::istringstream lines(text);
  std::string base64;
  for (NumberedKey one; lines >> one.number >> base64; keys.push_back(one)) {
    auto bytes = decode_base64(base64);
    if (!bytes || bytes->size() != kSealKeySize || (!keys.empty() && keys.back().number >= one.number)) {
      keys.clear();
      break;
    }
    std::memcpy(one.key.data(), bytes->data(), kSealKeySize);
    wipe(*bytes);
  }
  if (keys.empty() || !lines.eof()) {
    return Error{ErrorCode::bad_config, path.string() + " holds no key-encryption key",
                 "one key a line: a rising number, a space, 32 bytes in base 64"};
  }
  return keys;
}

// ---- a key in memory ---------------------------------------------------------------------------------------------------

class KeyInMemory final : public KeyEncryption {
 public:
  explicit KeyInMemory(const SealKey& key) : key_(key) {}
  Result<std::string> wrap(std::string_view secret) override {
    std::string wrapped;
    aead_.seal(key_, kWrapBound, secret, wrapped);
    return wrapped;
  }
  Result<std::string> unwrap(std::string_view wrapped) override {
    std::string secret;
    if (aead_.open(key_, kWrapBound, wrapped, secret)) return secret;
    return unusable("the key in memory does not open the key store", {});
  }
  Status renew() override { return success(); }
  Status forget_older(std::string_view) override { return success(); }

 private:
  SealKey key_;
  Aead aead_;
};

// ---- a command ---------------------------------------------------------------------------------------------------------

// The ends of two pipes; closed with it.
struct Pipes {
  std::array<int, 2> to{-1, -1}, from{-1, -1};
  [[nodiscard]] bool open() { return ::pipe2(to.data(), O_CLOEXEC) == 0 && ::pipe2(from.data(), O_CLOEXEC) == 0; }
  static void shut(int& end) {
    if (end >= 0) ::close(std::exchange(end, -1));
  }
  ~Pipes() {
    for (int* end : {&to[0], &to[1], &from[0], &from[1]}) shut(*end);
  }
};

// Of the process: it was asked to end, and whoever takes these signals has not taken this one yet.
bool asked_to_end() {
  sigset_t pending;
  sigemptyset(&pending);
  ::sigpending(&pending);
  return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
}

class KeyCommand final : public KeyEncryption {
 public:
  KeyCommand(std::string command, std::chrono::milliseconds patience)
      : command_(std::move(command)), patience_(patience) {}
  Result<std::string> wrap(std::string_view secret) override { return ask("wrap ", secret); }
  Result<std::string> unwrap(std::string_view wrapped) override { return ask("unwrap ", wrapped); }
  Status renew() override { return success(); }
  Status forget_older(std::string_view) override { return success(); }

 private:
  using Moment = std::chrono::steady_clock::time_point;

  // In a group of its own, so that what the shell starts ends with it.
  [[nodiscard]] pid_t start(const Pipes& pipes) const {
    const pid_t child = ::fork();
    if (child != 0) return child;
    ::setpgid(0, 0);
    sigset_t none;
    sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
    ::dup2(pipes.to[0], STDIN_FILENO);
    ::dup2(pipes.from[1], STDOUT_FILENO);
    ::execl("/bin/sh", "sh", "-c", command_.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }

  // A request is far below what a pipe holds. A command that does not read it may end first: SIGPIPE is blocked.
  static void send(int to, const std::string& request) {
    sigset_t broken, before;
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken, &before);
    (void)!::write(to, request.data(), request.size());
    const timespec none{};
    if (sigismember(&before, SIGPIPE) == 0) (void)sigtimedwait(&broken, nullptr, &none);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  [[nodiscard]] bool gives_up(Moment until, std::string& why) const {
    if (asked_to_end()) why = "was not waited for, since this process was asked to end";
    if (std::chrono::steady_clock::now() >= until) {
      why = "did not answer within " + std::to_string(patience_.count()) + " ms, and was ended";
    }
    return !why.empty();
  }

  // Its exit status. One that has closed its output and goes on all the same is not waited for any longer than one that does not answer.
  [[nodiscard]] int end_of(pid_t child, Moment until, std::string& why) const {
    int status = 0;
    while (why.empty() && ::waitpid(child, &status, WNOHANG) == 0) {
      if (!gives_up(until, why)) ::poll(nullptr, 0, 5);
    }
    if (why.empty()) return status;
    ::kill(-child, SIGKILL);
    ::kill(child, SIGKILL);  // Where it had no group of its own yet.
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
  }

  // Until the command closes its output. What it has not said in time, it does not say; `why` is then set.
  [[nodiscard]] std::string read_all(int from, Moment until, std::string& why) const {
    std::string answer(kLongestFile, '\0');
    std::size_t size = 0;
    while (size < answer.size()) {
      if (gives_up(until, why)) break;
      pollfd wait{from, POLLIN, 0};
      if (::poll(&wait, 1, 50) <= 0) continue;
      const ssize_t got = ::read(from, answer.data() + size, answer.size() - size);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      size += static_cast<std::size_t>(got);
    }
    answer.resize(size);
    return answer;
  }

  Result<std::string> ask(std::string_view verb, std::string_view bytes) const {
    Pipes pipes;
    if (!pipes.open()) return file_failed(command_);
    std::string request = std::string(verb) + encode_base64(bytes) + "\n";
    const pid_t child = start(pipes);
    Pipes::shut(pipes.to[0]);
    Pipes::shut(pipes.from[1]);
    send(pipes.to[1], request);
    Pipes::shut(pipes.to[1]);
    wipe(request);
    std::string why;
    const auto until = std::chrono::steady_clock::now() + patience_;
    std::string answer = read_all(pipes.from[0], until, why);
    const int status = child > 0 ? end_of(child, until, why) : 0;
    if (!answer.empty() && answer.back() == '\n') answer.pop_back();
    auto result = decode_base64(answer);
    wipe(answer);
    if (!why.empty()) {
      return unusable("the command of keys.command " + why,
                      "run it by hand, and see what it waits for: it reads one line, '" + std::string(verb) +
                          "<base64>', and writes one of base 64");
    }
    if (child > 0 && status == 0 && result && !result->empty()) return *std::move(result);
    return unusable(
        "the command of keys.command did not " + std::string(verb) + "the key store's key",
        "run it by hand: it reads one line, '" + std::string(verb) + "<base64>', and writes one of base 64");
  }

  std::string command_;
  std::chrono::milliseconds patience_;
};

}  // namespace

Result<std::unique_ptr<KeyEncryption>> open_key_file(const std::filesystem::path& path, bool may_make) {
  auto text = read_private(path);
  if (!text.ok() && text.error().code != ErrorCode::not_found) return text.error();
  if (!text.ok()) {
    if (!may_make) {
      return unusable("the key-encryption key " + path.string() + " is missing", "put the key back from its backup");
    }
    auto made = std::make_unique<KeysInFile>(path, std::vector<NumberedKey>{{1, random_seal_key()}});
    if (const Status written = made->write(); !written.ok()) return written.error();
    return std::unique_ptr<KeyEncryption>(std::move(made));
  }
  auto keys = parse_keys(*text, path);
  wipe(*text);
  if (!keys.ok()) return keys.error();
  return std::unique_ptr<KeyEncryption>(std::make_unique<KeysInFile>(path, *std::move(keys)));
}

std::unique_ptr<KeyEncryption> key_command(std::string command) {
  return key_command(std::move(command), kKeyCommandPatience);
}

std::unique_ptr<KeyEncryption> key_command(std::string command, std::chrono::milliseconds patience) {
  return std::make_unique<KeyCommand>(std::move(command), patience);
}

std::unique_ptr<KeyEncryption> key_in_memory(const SealKey& key) { return std::make_unique<KeyInMemory>(key); }

}  // namespace baton
