#include "persistence/ledger/audit_export.hpp"

#include "persistence/ledger/checkpoint.hpp"
#include "persistence/ledger/export_files.hpp"
#include "persistence/ledger/tile_layout.hpp"

namespace baton {

using namespace ledger_rows;

namespace {

class Exporter {
 public:
  Exporter(const LedgerReader& reader, std::uint64_t size, const std::filesystem::path& directory)
      : reader_(reader), size_(size), directory_(directory) {}

  Status write_entries(std::uint64_t minimum) {
    LedgerCursor cursor(reader_.source(), minimum);
    for (std::uint64_t index = minimum / kTileWidth; cursor.index() < size_; ++index) {
      const std::size_t width = tile_width(0, index, size_);
      std::string bundle;
      for (std::size_t i = 0; i < width; ++i) {
        const auto leaf = cursor.next();
        if (!leaf.ok()) return leaf.error();
        append_entry(bundle, *leaf);
      }
      if (const Status status = write(TilePath{std::nullopt, index, width}, bundle); !status.ok()) return status;
    }
    report_.entries = size_ - minimum;
    if (minimum == 0) return success();
    return write(directory_ / kMinimumIndexFile, std::to_string(minimum) + "\n");
  }

  Status write_tiles(unsigned level) {
    for (std::uint64_t index = 0; tile_width(level, index, size_) != 0; ++index) {
      const auto hashes = reader_.tile(level, index, size_);
      if (!hashes.ok()) return hashes.error();
      const Status status = write(TilePath{level, index, hashes->size()}, join_hashes(*hashes, hashes->size()));
      if (!status.ok()) return status;
    }
    return success();
  }

  Status write_checkpoint(std::string_view note) { return write(directory_ / "checkpoint", note); }

  [[nodiscard]] const ExportReport& report() const { return report_; }

 private:
  Status write(const TilePath& path, std::string_view bytes) {
    return write(directory_ / format_tile_path(path), bytes);
  }
  Status write(const std::filesystem::path& path, std::string_view bytes) {
    ++report_.files;
    report_.bytes += bytes.size();
    return write_export_file(path, bytes);
  }

  const LedgerReader& reader_;
  std::uint64_t size_;
  const std::filesystem::path& directory_;
  ExportReport report_;
};

}  // namespace

Result<ExportReport> export_tiles(const LedgerReader& reader, std::string_view checkpoint_note,
                                  const std::filesystem::path& directory) {
  const auto note = parse_note(checkpoint_note);
  if (!note.ok()) return note.error();
  const auto checkpoint = parse_checkpoint(note->text);
  if (!checkpoint.ok()) return checkpoint.error();
  const auto root = reader.root(checkpoint->size);
  if (!root.ok()) return root.error();
  if (*root != checkpoint->root) {
    return Error{ErrorCode::ledger_mismatch, "the store does not have the root of its checkpoint", {}};
  }

  const auto pruned = reader.pruned();
  if (!pruned.ok()) return pruned.error();
  Exporter exporter(reader, checkpoint->size, directory);
  Status status = exporter.write_entries(pruned->minimum);
  for (unsigned level = 0; status.ok() && level < kTileLevels; ++level) status = exporter.write_tiles(level);
  // Last: a directory with a checkpoint is a whole export.
  if (status.ok()) status = exporter.write_checkpoint(checkpoint_note);
  if (!status.ok()) return status.error();
  return exporter.report();
}

}  // namespace baton
