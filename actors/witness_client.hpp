// Asks witnesses to cosign the ledger's checkpoints (C2SP tlog-witness), each at its own pace. Invariant: a checkpoint of
// our own key that a witness has and the store does not extend stops the node: the store was rolled back. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "actors/alarms.hpp"
#include "actors/node.hpp"
#include "persistence/ledger/checkpoint.hpp"
#include "persistence/ledger/ledger_reader.hpp"

namespace baton {

class WitnessClient : public std::enable_shared_from_this<WitnessClient> {
 public:
  struct Parts {
    std::shared_ptr<HttpPort> http;
    Alarms& alarms;
    LedgerReader reader;
    std::shared_ptr<const NoteVerifier> log;
    std::function<void(const Error&)> integrity_stop;
    // A note with at least one more cosignature, for a checkpoint that is committed already. On any thread.
    std::function<void(std::uint64_t size, std::string note)> cosigned;
  };

  // Error bad_config when a key is no verifier key.
  [[nodiscard]] static Result<std::shared_ptr<WitnessClient>> make(Parts parts,
                                                                   const std::vector<WitnessAt>& witnesses);

  // The newest checkpoint; committed.
  void offer(const Checkpoint& checkpoint, const std::string& note);
  // Nothing happens after this.
  void stop();

 private:
  struct Asked {
    std::string url;
    std::shared_ptr<const NoteVerifier> key;
    std::uint64_t old_size = 0;  // What it has cosigned, as far as is known.
    bool busy = false;
    bool waits = false;  // To try again.
  };
  struct Offer {
    Checkpoint checkpoint;
    std::string note;
  };

  explicit WitnessClient(Parts parts) : parts_(std::move(parts)) {}
  void ask(std::size_t which);
  void answered(std::size_t which, const Offer& offer, const Result<HttpAnswer>& answer);
  void learn_size(std::size_t which, const Offer& offer, const std::string& body);
  void compare(std::size_t which);
  void compared(std::size_t which, const Result<HttpAnswer>& answer);
  void try_later(std::size_t which);
  // Runs with the client unless it has stopped.
  template <typename Call>
  [[nodiscard]] std::function<void(Result<HttpAnswer>)> then(Call call);

  Parts parts_;
  std::mutex mutex_;
  std::vector<Asked> witnesses_;
  std::optional<Offer> latest_;
  bool stopped_ = false;
};

}  // namespace baton
