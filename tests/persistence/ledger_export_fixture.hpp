// A signed export on disk, and hands to tamper with it: the fixture of the verifier's tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "persistence/ledger/audit_export.hpp"
#include "persistence/ledger/audit_verify.hpp"
#include "persistence/ledger/note_key.hpp"
#include "persistence/ledger/tile_layout.hpp"
#include "tests/persistence/ledger_store.hpp"
#include "tests/support/scratch_folder.hpp"

namespace baton::test {

using ::baton::testing::ScratchFolder;

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

inline constexpr const char* kOrigin = "hospital.example/ledger";

class LedgerSigner {
 public:
  [[nodiscard]] std::string sign(const Checkpoint& checkpoint) const {
    const NoteSigner* signers[] = {signer_.get()};
    return sign_note(format_checkpoint(checkpoint), signers);
  }
  [[nodiscard]] std::string sign_head(const LedgerReader& reader, std::uint64_t size) const {
    return sign({kOrigin, size, reader.root(size).value(), {}});
  }
  [[nodiscard]] const NoteVerifier* verifier() const { return verifier_.get(); }
  [[nodiscard]] std::string verifier_key() const { return key_.verifier_key(); }

 private:
  NoteSigningKey key_ = NoteSigningKey::generate(kOrigin, NoteKeyType::ed25519).value();
  std::shared_ptr<const NoteSigner> signer_ = key_.signer();
  std::shared_ptr<const NoteVerifier> verifier_ = parse_verifier_key(key_.verifier_key()).value();
};

// The export of a ledger of `size` leaves, made once for each test.
class SignedExport {
 public:
  explicit SignedExport(std::uint64_t size) : store_(filled_store(size, 300)), size_(size) {
    const auto report = export_tiles(reader(), signer_.sign_head(reader(), size), path());
    EXPECT_TRUE(report.ok());
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path())) {
      if (entry.is_regular_file()) files_.push_back(entry.path());
    }
    std::ranges::sort(files_);
  }

  [[nodiscard]] const std::filesystem::path& path() const { return scratch_.path(); }
  [[nodiscard]] const std::vector<std::filesystem::path>& files() const { return files_; }
  [[nodiscard]] std::filesystem::path file(const TilePath& tile) const { return path() / format_tile_path(tile); }
  [[nodiscard]] const LedgerSigner& signer() const { return signer_; }
  [[nodiscard]] LedgerReader reader() const { return LedgerReader(store_); }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] AuditOptions options() const { return {{signer_.verifier(), {}, 0}, std::nullopt, {}}; }
  [[nodiscard]] AuditReport verify() const { return verify_export(path(), options()); }

 private:
  LedgerStore store_;
  std::uint64_t size_;
  ScratchFolder scratch_;
  LedgerSigner signer_;
  std::vector<std::filesystem::path> files_;
};

}  // namespace baton::test
