// Signs the audit ledger while the node runs: a checkpoint at most a second after the tree has grown, stored by the
// committer and kept a second time in a small file beside the store, both again with
// the cosignatures of witnesses once they have come. Invariant: what is signed has been read back from
// committed rows, and follows from what was signed before; otherwise the node stops. Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "actors/alarms.hpp"
#include "actors/lanes.hpp"
#include "actors/witness_client.hpp"
#include "persistence/committer.hpp"
#include "persistence/ledger/checkpoint_maker.hpp"
#include "persistence/ledger/note_key.hpp"
#include "persistence/ledger_source.hpp"

namespace baton {

class LedgerSigner {
 public:
  struct Parts {
    const Store& store;
    Committer& committer;
    Alarms& alarms;
    Lanes& lanes;
    // The ledger is not what was signed, or cannot be read: nothing more may be promised.
    std::function<void(const Error&)> integrity_stop;
    std::string copy;  // The file with the last checkpoint; empty for none.
    std::shared_ptr<HttpPort> http;
    std::vector<WitnessAt> witnesses;
  };

  // Checks that the store still has the tree of its last checkpoint, and that of the copy. Errors: store_rolled_back,
  // ledger_mismatch, bad_checkpoint when it was signed by another key, io_failed.
  [[nodiscard]] static Result<std::unique_ptr<LedgerSigner>> open(Parts parts, const NoteSigningKey& key);

  // Signs now, and then whenever it is told that the tree has grown.
  void begin();
  // A turn has become durable: signs within a second. An idle ledger has no alarm, so an idle node sleeps.
  void grown();
  // Signs what is committed and ends. Between the last turn's commit (Committer::drain) and the committer's stop; what it
  // signed is durable once that has come.
  void finish();

  [[nodiscard]] const std::string& verifier_key() const { return verifier_key_; }

 private:
  LedgerSigner(Parts parts, const NoteSigningKey& key);
  void sign();
  void sign_later();
  void rest();
  // In the lane and on the committer's thread.
  void keep_copy(std::uint64_t size, const std::string& note);

  Parts parts_;
  StoreLedgerSource source_;
  std::string verifier_key_;
  std::mutex mutex_;
  std::optional<CheckpointMaker> maker_;
  std::optional<MadeCheckpoint> uncopied_;    // The last one signed, until the copy has it.
  std::shared_ptr<WitnessClient> witnesses_;  // Null without any.
  std::atomic<bool> awake_{true};             // An alarm is set, or a checkpoint is on its way.
  bool finished_ = false;
  std::mutex copying_;        // Of the file, and of what follows. The last to be locked.
  std::uint64_t copied_ = 0;  // Records under the checkpoint in the file.
};

}  // namespace baton
