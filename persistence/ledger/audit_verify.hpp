// Verifies an exported ledger without Baton's store: reads every entry once, hashes it, and holds tiles, root,
// signature and cosignatures against it. An export of a pruned ledger has a file `minimum-index`; what it leaves out must be
// what a record in the signed tree says was pruned. Believes nothing in the directory but what the given keys have signed. Safe to
// run on a directory that an adversary has written: sizes are bounded and nothing is written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "persistence/ledger/checkpoint.hpp"
#include "runtime/base/result.hpp"

namespace baton {

struct AuditOptions {
  CheckpointTrust trust;
  // A checkpoint that the auditor knows from before, by whatever way: the export must contain its tree. Without one an
  // old but whole export cannot be told from a new one.
  std::optional<Checkpoint> known;
  // Called with every entry whose hash fits its tile, in order. May be empty.
  std::function<void(std::uint64_t index, std::string_view leaf)> on_entry;
};

struct AuditReport {
  std::optional<Error> problem;  // Nothing: all verified.
  // The first entry that is wrong or missing. Where only a hash over several is wrong, the first below it. Nothing when
  // the problem lies with no entry: a signature, or a root to which consistent entries do not lead.
  std::optional<std::uint64_t> first_bad_index;
  std::optional<Checkpoint> checkpoint;  // When the signature is good.
  std::vector<std::string> signed_by;    // Key names: the log, then cosigners.
  std::uint64_t entries_verified = 0;    // Against their level-0 tile.
  std::uint64_t tiles_verified = 0;
  // Entries below were pruned, and are not in the export; their hashes were checked. The record that says so.
  std::uint64_t minimum_index = 0;
  std::optional<std::uint64_t> pruned_by;
  // Files below tile/ that the checkpoint's tree does not need, such as partial tiles of an earlier export. Nothing is
  // said about them.
  std::uint64_t files_not_covered = 0;

  [[nodiscard]] bool ok() const { return !problem; }
};

[[nodiscard]] AuditReport verify_export(const std::filesystem::path& directory, const AuditOptions& options);

}  // namespace baton
