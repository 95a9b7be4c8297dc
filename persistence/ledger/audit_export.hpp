// Writes the ledger as a directory in the C2SP tlog-tiles layout, for auditors to take away and for any C2SP client to
// read. Runs beside the committer: it reads committed rows only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "persistence/ledger/ledger_reader.hpp"
#include "runtime/base/result.hpp"

namespace baton {

struct ExportReport {
  std::uint64_t entries = 0;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

// Exports the tree that the note's checkpoint speaks of: every tile, every entry bundle, and last the note itself, as
// it is. The directory is made where absent; what another export of the same ledger left there is replaced or stays
// valid. Errors: bad_checkpoint, ledger_mismatch when the store does not have the checkpoint's root, io_failed.
[[nodiscard]] Result<ExportReport> export_tiles(const LedgerReader& reader, std::string_view checkpoint_note,
                                                const std::filesystem::path& directory);

}  // namespace baton
