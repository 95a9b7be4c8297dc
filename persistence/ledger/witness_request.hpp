// What a ledger and its witness say to each other (C2SP tlog-witness, add-checkpoint). Pure.
//
//   request  = "old " decimal(old size) "\n" *63( base64(hash) "\n" ) "\n" checkpoint note
//   response = 1*signature line                                            (cosignatures, see signed_note.hpp)
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "persistence/ledger/checkpoint.hpp"
#include "persistence/ledger/merkle.hpp"

namespace baton {

struct WitnessRequest {
  std::uint64_t old_size = 0;  // Of the checkpoint that the witness cosigned last; 0 for none.
  merkle::Proof proof;         // Of consistency from old_size; empty for 0.
  std::string checkpoint_note;

  bool operator==(const WitnessRequest&) const = default;
};

[[nodiscard]] std::string format_witness_request(const WitnessRequest& request);
// Error bad_checkpoint.
[[nodiscard]] Result<WitnessRequest> parse_witness_request(std::string_view body);

// The note with a witness's cosignatures added. Signatures by unknown keys are left out. Error bad_checkpoint when one
// by a known witness is wrong, or none is by a known witness.
[[nodiscard]] Result<std::string> add_cosignatures(std::string_view note, std::string_view response,
                                                   std::span<const NoteVerifier* const> witnesses);

}  // namespace baton
