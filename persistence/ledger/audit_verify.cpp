#include "persistence/ledger/audit_verify.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "persistence/ledger/export_files.hpp"
#include "persistence/ledger/ledger_rows.hpp"
#include "persistence/ledger/merkle.hpp"
#include "persistence/ledger/tile_layout.hpp"
#include "runtime/base/limits.hpp"

namespace baton {

using namespace ledger_rows;

namespace {

constexpr std::size_t kCheckpointFileSize = 1u << 20;
constexpr std::size_t kBundleFileSize = kTileWidth * (2 + limits::kLedgerLeafSize);

// What is wrong, and at which entry where that is known.
struct Finding {
  Error error;
  std::optional<std::uint64_t> index;
};
using Check = std::optional<Finding>;

Finding mismatch(std::string what, std::optional<std::uint64_t> index) {
  return {Error{ErrorCode::ledger_mismatch, std::move(what), {}}, index};
}

class Verifier {
 public:
  Verifier(const std::filesystem::path& directory, const AuditOptions& options, AuditReport& report)
      : directory_(directory), options_(options), report_(report) {}

  Check run() {
    if (Check check = open_note()) return check;
    if (Check check = compare_known()) return check;
    for (std::uint64_t index = 0; edge_.size() < size_; ++index) {
      if (Check check = read_bundle(index)) return check;
    }
    if (edge_.root(hasher_) != report_.checkpoint->root) {
      return mismatch("the entries do not lead to the signed root", std::nullopt);
    }
    return look_for_more();
  }

 private:
  Check open_note() {
    const auto note = read_export_file(directory_ / "checkpoint", kCheckpointFileSize);
    if (!note.ok()) return Finding{note.error(), std::nullopt};
    auto opened = open_checkpoint(*note, options_.trust);
    if (!opened.ok()) return Finding{opened.error(), std::nullopt};
    for (const NoteSignature& signature : opened->signatures) report_.signed_by.push_back(signature.name);
    report_.checkpoint = std::move(opened->checkpoint);
    size_ = report_.checkpoint->size;
    return std::nullopt;
  }

  Check compare_known() {
    if (!options_.known) return std::nullopt;
    const Checkpoint& known = *options_.known;
    if (known.origin != report_.checkpoint->origin) return mismatch("the known checkpoint is another ledger's", {});
    if (known.size > size_) {
      return mismatch("the export ends at " + std::to_string(size_) + "; " + std::to_string(known.size) +
                          " entries were known before",
                      size_);
    }
    return known.size == 0 ? compare_known_root() : std::nullopt;
  }

  Check compare_known_root() {
    if (edge_.root(hasher_) == options_.known->root) return std::nullopt;
    return mismatch("the first " + std::to_string(edge_.size()) + " entries are not those known before", std::nullopt);
  }

  Check read_bundle(std::uint64_t index) {
    const std::size_t width = tile_width(0, index, size_);
    const auto tile = read_tile_file({0, index, width});
    if (!tile.ok()) return Finding{tile.error(), index * kTileWidth};
    const TilePath path{std::nullopt, index, width};
    const auto bundle = read_export_file(directory_ / format_tile_path(path), kBundleFileSize);
    if (!bundle.ok()) return Finding{bundle.error(), index * kTileWidth};

    std::string_view rest = *bundle;
    for (std::size_t i = 0; i < width; ++i) {
      const std::uint64_t at = edge_.size();
      const auto leaf = take_entry(rest);
      if (!leaf) return mismatch(format_tile_path(path) + " is cut short", at);
      const Hash256 hash = hasher_.leaf(*leaf);
      if (hash != (*tile)[i]) return mismatch("entry " + std::to_string(at) + " differs from its hash in the tree", at);
      if (Check check = append(hash)) return check;
      ++report_.entries_verified;
      if (options_.on_entry) options_.on_entry(at, *leaf);
    }
    if (!rest.empty()) return mismatch("bytes follow the last entry of " + format_tile_path(path), edge_.size() - 1);
    return std::nullopt;
  }

  // Holds each hash of a tile above level 0 against the tile the moment it is known, so that problems come in order.
  Check append(const Hash256& leaf_hash) {
    Check found;
    edge_.append(hasher_, leaf_hash, [&](merkle::Node node, const Hash256& hash) {
      if (node.height == 0 || node.height % kTileHeight != 0 || found) return;
      found = compare(node.height / kTileHeight, node, hash);
    });
    if (!found && options_.known && edge_.size() == options_.known->size) found = compare_known_root();
    return found;
  }

  Check compare(unsigned level, merkle::Node node, const Hash256& hash) {
    const std::uint64_t first_leaf = node.index << node.height;
    const std::uint64_t index = node.index / kTileWidth;
    if (node.index % kTileWidth == 0) {
      auto tile = read_tile_file({level, index, tile_width(level, index, size_)});
      if (!tile.ok()) return Finding{tile.error(), first_leaf};
      tiles_[level] = *std::move(tile);
    }
    if (tiles_[level][node.index % kTileWidth] == hash) return std::nullopt;
    return mismatch("hash " + std::to_string(node.index % kTileWidth) + " of tile " + std::to_string(index) +
                        " at level " + std::to_string(level) + " does not follow from its entries",
                    first_leaf);
  }

  Result<std::vector<Hash256>> read_tile_file(const TilePath& path) {
    const auto bytes = read_export_file(directory_ / format_tile_path(path), kTileWidth * sizeof(Hash256));
    if (!bytes.ok()) return bytes.error();
    auto hashes = split_hashes(*bytes);
    if (!hashes || hashes->size() != path.width) {
      return Error{ErrorCode::ledger_mismatch, format_tile_path(path) + " has not its size", {}};
    }
    ++report_.tiles_verified;
    return *std::move(hashes);
  }

  // A tile or bundle beyond the signed tree means that the checkpoint is older than what it lies beside.
  Check look_for_more() {
    std::error_code error;
    std::uint64_t files = 0;
    std::filesystem::recursive_directory_iterator entry(directory_ / "tile", error);
    for (; !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error)) {
      if (!entry->is_regular_file(error)) continue;
      ++files;
      const auto path = parse_tile_path(entry->path().lexically_relative(directory_).generic_string());
      if (path && !is_within_tree(*path, size_)) {
        return mismatch(format_tile_path(*path) + " lies beyond the signed " + std::to_string(size_) + " entries", size_);
      }
    }
    if (error && size_ != 0) return Finding{Error{ErrorCode::io_failed, error.message(), {}}, std::nullopt};
    const std::uint64_t bundles = (size_ + kTileWidth - 1) / kTileWidth;
    report_.files_not_covered = files - std::min(files, report_.tiles_verified + bundles);
    return std::nullopt;
  }

  const std::filesystem::path& directory_;
  const AuditOptions& options_;
  AuditReport& report_;
  std::uint64_t size_ = 0;
  merkle::Hasher hasher_;
  merkle::RightEdge edge_;
  std::array<std::vector<Hash256>, kTileLevels> tiles_;  // The one under way at each level above 0.
};

}  // namespace

AuditReport verify_export(const std::filesystem::path& directory, const AuditOptions& options) {
  AuditReport report;
  Check found = Verifier(directory, options, report).run();
  if (found) {
    report.problem = std::move(found->error);
    report.first_bad_index = found->index;
  }
  return report;
}

}  // namespace baton
