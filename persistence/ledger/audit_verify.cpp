#include "persistence/ledger/audit_verify.hpp"

#include <algorithm>
#include <vector>

#include "persistence/ledger/export_files.hpp"
#include "persistence/ledger/ledger_rows.hpp"
#include "persistence/ledger/prune.hpp"
#include "persistence/ledger/tile_layout.hpp"
#include "persistence/ledger/tree_check.hpp"
#include "runtime/base/limits.hpp"

namespace baton {

using namespace ledger_rows;

namespace {

constexpr std::size_t kCheckpointFileSize = 1u << 20;
constexpr std::size_t kMinimumFileSize = 32;
constexpr std::size_t kBundleFileSize = kTileWidth * (2 + limits::kLedgerLeafSize);

using Check = std::optional<LedgerFinding>;

LedgerFinding mismatch(std::string what, std::optional<std::uint64_t> index) {
  return {Error{ErrorCode::ledger_mismatch, std::move(what), {}}, index};
}

class Verifier {
 public:
  Verifier(const std::filesystem::path& directory, const AuditOptions& options, AuditReport& report)
      : directory_(directory), options_(options), report_(report) {}

  Check run() {
    if (Check check = open_note()) return check;
    if (Check check = read_minimum()) return check;
    if (Check check = compare_known()) return check;
    TreeCheck tree(size_, [this](unsigned level, std::uint64_t index, std::size_t width) {
      return read_tile_file({level, index, width});
    });
    if (Check check = compare_known_root(tree)) return check;
    for (std::uint64_t index = 0; tree.next_index() < size_; ++index) {
      if (Check check = was_left_out(index) ? skip_bundle(tree) : read_bundle(index, tree)) return check;
    }
    if (tree.root() != report_.checkpoint->root) {
      return mismatch("the entries do not lead to the signed root", std::nullopt);
    }
    if (report_.minimum_index != 0 && !report_.pruned_by) {
      return mismatch("the export says that it begins at " + std::to_string(report_.minimum_index) +
                          ", and no record of the ledger says that entries before that were pruned",
                      0);
    }
    return look_for_more();
  }

 private:
  Check open_note() {
    const auto note = read_export_file(directory_ / "checkpoint", kCheckpointFileSize);
    if (!note.ok()) return LedgerFinding{note.error(), std::nullopt};
    auto opened = open_checkpoint(*note, options_.trust);
    if (!opened.ok()) return LedgerFinding{opened.error(), std::nullopt};
    for (const NoteSignature& signature : opened->signatures) report_.signed_by.push_back(signature.name);
    report_.checkpoint = std::move(opened->checkpoint);
    size_ = report_.checkpoint->size;
    return std::nullopt;
  }

  // Where the export says that it begins. Nothing is believed of it before the record of the pruning was found.
  Check read_minimum() {
    const auto text = read_export_file(directory_ / kMinimumIndexFile, kMinimumFileSize);
    if (!text.ok() && text.error().code == ErrorCode::not_found) return std::nullopt;
    if (!text.ok()) return LedgerFinding{text.error(), std::nullopt};
    const auto minimum = parse_tree_number(std::string_view(*text).substr(0, text->find('\n')));
    if (!minimum.ok() || *minimum > size_ || *minimum % kTileWidth != 0) {
      return mismatch(std::string(kMinimumIndexFile) + " is no index at which this ledger can begin", std::nullopt);
    }
    report_.minimum_index = *minimum;
    return std::nullopt;
  }

  // Below the minimum index. A folder that an export was renewed in may still have what was pruned since.
  [[nodiscard]] bool was_left_out(std::uint64_t index) const {
    std::error_code ignored;
    return index < report_.minimum_index / kTileWidth &&
           !std::filesystem::exists(directory_ / format_tile_path({std::nullopt, index}), ignored);
  }

  // A bundle's worth of entries that are not there: their hashes must lead to the signed root all the same.
  Check skip_bundle(TreeCheck& tree) {
    ++skipped_;
    for (std::size_t i = 0; i < kTileWidth; ++i) {
      if (Check check = tree.add_pruned()) return check;
      if (Check check = compare_known_root(tree)) return check;
    }
    return std::nullopt;
  }

  void look_for_pruning(std::uint64_t index, std::string_view leaf) {
    if (report_.minimum_index == 0 || report_.pruned_by) return;
    const auto minimum = minimum_index_in(leaf);
    if (minimum && *minimum >= report_.minimum_index) report_.pruned_by = index;
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
    return std::nullopt;
  }

  // Where as many entries have been read as were known before.
  Check compare_known_root(TreeCheck& tree) {
    if (!options_.known || tree.next_index() != options_.known->size) return std::nullopt;
    if (tree.root() == options_.known->root) return std::nullopt;
    return mismatch("the first " + std::to_string(tree.next_index()) + " entries are not those known before", {});
  }

  Check read_bundle(std::uint64_t index, TreeCheck& tree) {
    const TilePath path{std::nullopt, index, tile_width(0, index, size_)};
    const auto bundle = read_export_file(directory_ / format_tile_path(path), kBundleFileSize);
    if (!bundle.ok()) return LedgerFinding{bundle.error(), index * kTileWidth};
    std::string_view rest = *bundle;
    for (std::size_t i = 0; i < path.width; ++i) {
      const std::uint64_t at = tree.next_index();
      const auto leaf = take_entry(rest);
      if (!leaf) return mismatch(format_tile_path(path) + " is cut short", at);
      if (Check check = tree.add(*leaf)) return check;
      if (Check check = compare_known_root(tree)) return check;
      ++report_.entries_verified;
      look_for_pruning(at, *leaf);
      if (options_.on_entry) options_.on_entry(at, *leaf);
    }
    if (!rest.empty())
      return mismatch("bytes follow the last entry of " + format_tile_path(path), tree.next_index() - 1);
    return std::nullopt;
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
        return mismatch(format_tile_path(*path) + " lies beyond the signed " + std::to_string(size_) + " entries",
                        size_);
      }
    }
    if (error && size_ != 0) return LedgerFinding{Error{ErrorCode::io_failed, error.message(), {}}, std::nullopt};
    const std::uint64_t bundles = (size_ + kTileWidth - 1) / kTileWidth - skipped_;
    report_.files_not_covered = files - std::min(files, report_.tiles_verified + bundles);
    return std::nullopt;
  }

  const std::filesystem::path& directory_;
  const AuditOptions& options_;
  AuditReport& report_;
  std::uint64_t size_ = 0;
  std::uint64_t skipped_ = 0;  // Bundles that were pruned.
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
