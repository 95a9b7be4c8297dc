// Evidence files (C2SP tlog-proof, *.tlog-proof): one record's place in a signed tree, to be verified offline by anyone
// who has the ledger's verifier key. Pure.
//
//   proof = "c2sp.org/tlog-proof@v1\n" [ "extra " base64 "\n" ] "index " decimal "\n" path "\n" checkpoint-note
//   path  = *( base64(hash) "\n" )
//
// Baton puts the record itself into `extra`, so that the file is complete. Extra data is not signed, but a record there
// is as good as proved: its hash is what the proof is about.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "persistence/ledger/checkpoint.hpp"
#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/ledger/merkle.hpp"

namespace baton {

struct TlogProof {
  std::optional<std::string> extra;
  std::uint64_t index = 0;
  merkle::Proof path;
  std::string checkpoint_note;

  bool operator==(const TlogProof&) const = default;
};

[[nodiscard]] std::string format_tlog_proof(const TlogProof& proof);
// Error bad_checkpoint.
[[nodiscard]] Result<TlogProof> parse_tlog_proof(std::string_view text);

// The evidence for one record in the tree of a signed checkpoint, the record included. Error not_found when the index
// is not in that tree.
[[nodiscard]] Result<TlogProof> prove_record(const LedgerReader& reader, std::uint64_t index,
                                             std::string_view checkpoint_note);

struct ProvedRecord {
  std::uint64_t index = 0;
  std::string leaf;
  OpenedCheckpoint checkpoint;
};
// Verifies the evidence for `leaf`, or for the record in `extra` when no leaf is given. Errors bad_checkpoint,
// ledger_mismatch, bad_field when there is no record at all.
[[nodiscard]] Result<ProvedRecord> verify_tlog_proof(const TlogProof& proof, std::optional<std::string_view> leaf,
                                                     const CheckpointTrust& trust);

}  // namespace baton
