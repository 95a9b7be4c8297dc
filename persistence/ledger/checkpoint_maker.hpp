// Signs the ledger's head. Invariant: what is signed has been read back from committed rows and hashed again, and
// follows from what was signed before. Belongs to one thread; it reads, and the committer writes what it returns.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/ledger/checkpoint.hpp"
#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/ledger/merkle.hpp"

namespace baton {

// The store still has the tree of a checkpoint: for the last one signed, the last one cosigned, and any mark that is
// kept outside of the store. Errors: store_rolled_back when the store ends before it, ledger_mismatch when it has
// other entries. Either is an integrity stop.
[[nodiscard]] Status check_extends(const LedgerReader& reader, const Checkpoint& checkpoint);

// A signed checkpoint's row, to be put into a commit round.
void put_checkpoint(LedgerSink& sink, std::uint64_t size, std::string_view note);

struct MadeCheckpoint {
  Checkpoint checkpoint;
  std::string note;
};

class CheckpointMaker {
 public:
  // Begins at the last stored checkpoint, which must be by `key` and whose tree the store must still have. `signers`
  // sign every checkpoint; the first one's name is the origin. Borrows the source. Errors as check_extends,
  // bad_checkpoint.
  [[nodiscard]] static Result<CheckpointMaker> open(const LedgerSource& source, const NoteVerifier& key,
                                                    std::vector<std::shared_ptr<const NoteSigner>> signers);

  // Signs the head when it has grown since the last one signed; nothing otherwise. Errors: ledger_mismatch or
  // store_corrupt when the new entries, read back, do not lead to the head's root: an integrity stop.
  [[nodiscard]] Result<std::optional<MadeCheckpoint>> make();
  // make() would sign something.
  [[nodiscard]] Result<bool> is_behind() const;

 private:
  CheckpointMaker(const LedgerSource& source, std::vector<std::shared_ptr<const NoteSigner>> signers)
      : source_(&source), signers_(std::move(signers)) {}

  const LedgerSource* source_;
  std::vector<std::shared_ptr<const NoteSigner>> signers_;
  merkle::Hasher hasher_;
  merkle::RightEdge signed_edge_;
  bool has_signed_ = false;  // The empty ledger is signed once, too.
};

}  // namespace baton
