// A witness (C2SP tlog-witness): cosigns checkpoints of ledgers that only ever grow. Invariant: it never cosigns two
// checkpoints of one origin that are not consistent, across restarts too, because what it has cosigned is durable
// before it answers. One request at a time; the owner sees to that.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/ledger/checkpoint.hpp"
#include "persistence/ledger/witness_request.hpp"

namespace baton {

// An HTTP answer.
struct WitnessAnswer {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

// Where a witness remembers the last note that it cosigned for each origin.
class WitnessMemory {
 public:
  virtual ~WitnessMemory() = default;
  [[nodiscard]] virtual Result<std::optional<std::string>> last_note(std::string_view origin) const = 0;
  // Durable on return.
  [[nodiscard]] virtual Status remember(std::string_view origin, std::string_view note) = 0;
};

// Remembers in one file an origin, named by the hash of the origin.
class WitnessFiles final : public WitnessMemory {
 public:
  explicit WitnessFiles(std::string directory) : directory_(std::move(directory)) {}
  [[nodiscard]] Result<std::optional<std::string>> last_note(std::string_view origin) const override;
  [[nodiscard]] Status remember(std::string_view origin, std::string_view note) override;

 private:
  std::string directory_;
};

// A ledger that the witness watches.
struct WitnessedLog {
  std::string origin;
  std::vector<std::shared_ptr<const NoteVerifier>> keys;
};

class Witness {
 public:
  // `signer` must be of the cosignature kind. Borrows the memory.
  Witness(std::shared_ptr<const NoteSigner> signer, std::vector<WitnessedLog> logs, WitnessMemory& memory)
      : signer_(std::move(signer)), logs_(std::move(logs)), memory_(memory) {}

  // POST <prefix>/add-checkpoint. 200 cosignature lines; 400 malformed; 403 not signed by the log; 404 unknown origin;
  // 409 another old size (the body says which); 422 not consistent; 500 could not remember.
  [[nodiscard]] WitnessAnswer add_checkpoint(std::string_view body);

  // GET <prefix>/<SHA-256 of the origin in hex>/checkpoint: the last note cosigned.
  [[nodiscard]] WitnessAnswer checkpoint(std::string_view origin_hash) const;

 private:
  [[nodiscard]] WitnessAnswer judge(const WitnessRequest& request, const Checkpoint& checkpoint,
                                    const SignedNote& opened);

  std::shared_ptr<const NoteSigner> signer_;
  std::vector<WitnessedLog> logs_;
  WitnessMemory& memory_;
};

}  // namespace baton
