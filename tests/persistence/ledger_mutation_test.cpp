// A thousand ways to tamper with an export, drawn from a seed: every one must be refused, and the untouched export must
// pass before, between and after.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "tests/persistence/ledger_export_fixture.hpp"

namespace baton {
namespace {

using test::read_file;
using test::SignedExport;
using test::write_file;

constexpr std::uint64_t kSize = 1'500;

class Tamper {
 public:
  Tamper(const SignedExport& export_of, unsigned seed) : export_of_(export_of), random_(seed) {}

  // Makes one change, undone by restore(). Returns what it did.
  std::string once() {
    const std::function<std::string()> ways[] = {
        [&] { return flip_bit(); },         [&] { return delete_file(); }, [&] { return swap_files(); },
        [&] { return truncate(); },         [&] { return lengthen(); },    [&] { return reorder_entries(); },
        [&] { return reorder_hashes(); },   [&] { return drop_entry(); },  [&] { return sign_again(); },
        [&] { return older_checkpoint(); }, [&] { return rewrite_tree(); }};
    return ways[pick(std::size(ways))]();
  }

  void restore() {
    for (const auto& [file, bytes] : originals_) write_file(file, bytes);
    originals_.clear();
  }

 private:
  std::size_t pick(std::size_t count) { return random_() % count; }
  const std::filesystem::path& any_file() { return export_of_.files()[pick(export_of_.files().size())]; }

  std::string load(const std::filesystem::path& file) {
    return originals_.emplace(file, read_file(file)).first->second;
  }
  std::string name(const std::filesystem::path& file) const {
    return file.lexically_relative(export_of_.path()).string();
  }

  std::string flip_bit() {
    const auto file = any_file();
    std::string bytes = load(file);
    const std::size_t bit = pick(bytes.size() * 8);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    write_file(file, bytes);
    return "flip bit " + std::to_string(bit) + " of " + name(file);
  }

  std::string delete_file() {
    const auto file = any_file();
    (void)load(file);
    std::filesystem::remove(file);
    return "delete " + name(file);
  }

  std::string swap_files() {
    const auto a = any_file();
    auto b = any_file();
    while (a == b) b = any_file();
    const std::string bytes_of_a = load(a);
    write_file(a, load(b));
    write_file(b, bytes_of_a);
    return "swap " + name(a) + " and " + name(b);
  }

  std::string truncate() {
    const auto file = any_file();
    const std::string bytes = load(file);
    write_file(file, bytes.substr(0, pick(bytes.size())));
    return "truncate " + name(file);
  }

  std::string lengthen() {
    const auto file = any_file();
    const std::string bytes = load(file);
    write_file(file, bytes + bytes.substr(pick(bytes.size())));
    return "lengthen " + name(file);
  }

  std::filesystem::path bundle_file(std::uint64_t bundle) {
    return export_of_.file({std::nullopt, bundle, ledger_rows::tile_width(0, bundle, kSize)});
  }
  std::vector<std::string> entries_of(const std::filesystem::path& file) {
    const std::string bytes = load(file);
    std::string_view rest = bytes;
    std::vector<std::string> entries;
    while (const auto leaf = ledger_rows::take_entry(rest)) entries.emplace_back(*leaf);
    return entries;
  }
  static void write_entries(const std::filesystem::path& file, const std::vector<std::string>& entries) {
    std::string bytes;
    for (const std::string& entry : entries) ledger_rows::append_entry(bytes, entry);
    write_file(file, bytes);
  }

  std::string reorder_entries() {
    const auto file = bundle_file(pick(6));
    auto entries = entries_of(file);
    const std::size_t a = pick(entries.size());
    const std::size_t b = (a + 1 + pick(entries.size() - 1)) % entries.size();
    std::swap(entries[a], entries[b]);
    write_entries(file, entries);
    return "reorder entries of " + name(file);
  }

  std::string reorder_hashes() {
    const std::uint64_t index = pick(6);
    const auto file = export_of_.file({0, index, ledger_rows::tile_width(0, index, kSize)});
    auto hashes = ledger_rows::split_hashes(load(file)).value();
    const std::size_t a = pick(hashes.size() - 1);
    std::swap(hashes[a], hashes[a + 1]);
    write_file(file, ledger_rows::join_hashes(hashes, hashes.size()));
    return "reorder hashes of " + name(file);
  }

  std::string drop_entry() {
    const auto file = bundle_file(pick(6));
    auto entries = entries_of(file);
    entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(pick(entries.size())));
    write_entries(file, entries);
    return "drop an entry of " + name(file);
  }

  std::string sign_again() {
    const auto file = export_of_.path() / "checkpoint";
    (void)load(file);
    write_file(file, test::LedgerSigner().sign_head(export_of_.reader(), kSize));
    return "sign with another key of the same name";
  }

  // Signed by the right key, but not what lies there.
  std::string older_checkpoint() {
    const auto file = export_of_.path() / "checkpoint";
    (void)load(file);
    const std::uint64_t size = pick(kSize);
    write_file(file, export_of_.signer().sign_head(export_of_.reader(), size));
    return "put the checkpoint of size " + std::to_string(size);
  }

  // The work of someone who knows the format: one entry is changed and all hashes are made to fit; only the signature
  // cannot be.
  std::string rewrite_tree() {
    merkle::Hasher hasher;
    const std::uint64_t bundle = pick(6);
    const auto file = bundle_file(bundle);
    auto entries = entries_of(file);
    entries[pick(entries.size())] += "!";
    write_entries(file, entries);
    std::vector<Hash256> hashes;
    for (const std::string& entry : entries) hashes.push_back(hasher.leaf(entry));
    const auto tile = export_of_.file({0, bundle, hashes.size()});
    (void)load(tile);
    write_file(tile, ledger_rows::join_hashes(hashes, hashes.size()));
    if (hashes.size() == 256) {
      const auto above = export_of_.file({1, 0, 5});
      auto roots = ledger_rows::split_hashes(load(above)).value();
      roots[bundle] = hasher.root(hashes);
      write_file(above, ledger_rows::join_hashes(roots, roots.size()));
    }
    return "rewrite the tree over a changed entry of " + name(file);
  }

  const SignedExport& export_of_;
  std::mt19937 random_;
  std::map<std::filesystem::path, std::string> originals_;
};

TEST(AuditVerify, refuses_every_one_of_a_thousand_seeded_mutations_and_passes_the_untouched_export) {
  const SignedExport export_of(kSize);
  ASSERT_TRUE(export_of.verify().ok());
  Tamper tamper(export_of, 20'261'120);
  for (int i = 0; i < 1'000; ++i) {
    const std::string what = tamper.once();
    EXPECT_FALSE(export_of.verify().ok()) << what;
    tamper.restore();
    if (i % 100 == 0) {
      ASSERT_TRUE(export_of.verify().ok()) << "after " << what;
    }
  }
  EXPECT_TRUE(export_of.verify().ok());
}

}  // namespace
}  // namespace baton
