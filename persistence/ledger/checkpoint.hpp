// Checkpoints (C2SP tlog-checkpoint): what a ledger signs about itself. Pure.
//
//   text = origin "\n" decimal(size) "\n" base64(root) "\n" *( extension "\n" )
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/ledger/signed_note.hpp"
#include "runtime/base/result.hpp"
#include "runtime/base/sha256.hpp"

namespace baton {

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  Hash256 root{};
  std::vector<std::string> extensions;

  bool operator==(const Checkpoint&) const = default;
};

[[nodiscard]] std::string format_checkpoint(const Checkpoint& checkpoint);
// Error bad_checkpoint.
[[nodiscard]] Result<Checkpoint> parse_checkpoint(std::string_view text);

// A non-negative decimal without leading zeroes, at most 2^63 - 1: how sizes and indexes are written in all C2SP
// texts. Error bad_checkpoint.
[[nodiscard]] Result<std::uint64_t> parse_tree_number(std::string_view text);
// Error bad_checkpoint when it is not 32 bytes in base 64.
[[nodiscard]] Result<Hash256> parse_hash(std::string_view text);

// Whom to believe about a ledger.
struct CheckpointTrust {
  const NoteVerifier* log = nullptr;               // Borrowed. Its name is the origin, as C2SP advises.
  std::span<const NoteVerifier* const> witnesses;  // Borrowed.
  std::size_t cosignatures_needed = 0;             // Of the witnesses.
};

struct OpenedCheckpoint {
  Checkpoint checkpoint;
  std::vector<NoteSignature> signatures;  // Those verified: the log's and the witnesses'.
};

// Verifies the note with the trusted keys. Error bad_checkpoint when the log's signature is absent or wrong, when the
// origin is not the log's name, or when too few witnesses have cosigned.
[[nodiscard]] Result<OpenedCheckpoint> open_checkpoint(std::string_view note, const CheckpointTrust& trust);

}  // namespace baton
