// A ledger's rows in memory, and leaves to fill it with: the fixture of the ledger's tests.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/ledger/ledger.hpp"
#include "persistence/ledger/ledger_reader.hpp"

namespace baton::test {

class LedgerStore final : public LedgerSink, public LedgerSource {
 public:
  void put(std::string_view key, std::string_view value) override {
    rows.insert_or_assign(std::string(key), std::string(value));
    put_keys.emplace_back(key);
    put_bytes += key.size() + value.size();
  }
  [[nodiscard]] std::optional<std::string> get(std::string_view key) const override {
    const auto found = rows.find(key);
    if (found == rows.end()) return std::nullopt;
    return found->second;
  }
  [[nodiscard]] std::optional<LedgerRow> floor(std::string_view key) const override {
    auto after = rows.upper_bound(key);
    if (after == rows.begin()) return std::nullopt;
    --after;
    if (after->first.front() != key.front()) return std::nullopt;
    return LedgerRow{after->first, after->second};
  }

  std::map<std::string, std::string, std::less<>> rows;
  std::vector<std::string> put_keys;
  std::size_t put_bytes = 0;
};

// Leaf `index`: differs from every other, and from size to size.
[[nodiscard]] inline std::string leaf_text(std::uint64_t index) {
  return "{\"index\":" + std::to_string(index) + ",\"what\":\"" + std::string(index % 37, 'x') + "\"}";
}

// Appends `count` leaves in rounds of `round` leaves.
inline void fill(Ledger& ledger, LedgerSink& sink, std::uint64_t count, std::uint64_t round) {
  for (std::uint64_t done = 0; done < count;) {
    for (std::uint64_t i = 0; i < round && done < count; ++i, ++done) {
      (void)ledger.append(leaf_text(ledger.next_index()));
    }
    (void)ledger.finish_round(sink);
  }
}

// A store that holds a ledger of `size` leaves.
[[nodiscard]] inline LedgerStore filled_store(std::uint64_t size, std::uint64_t round) {
  LedgerStore store;
  Ledger ledger = Ledger::open(store).value();
  fill(ledger, store, size, round);
  return store;
}

// RFC 6962's definition of the tree's root, word for word, to compare with. `leaves` are hashes.
[[nodiscard]] inline Hash256 root_by_definition(merkle::Hasher& hasher, std::span<const Hash256> leaves) {
  if (leaves.empty()) return merkle::empty_root();
  if (leaves.size() == 1) return leaves.front();
  std::size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  return hasher.node(root_by_definition(hasher, leaves.subspan(0, k)), root_by_definition(hasher, leaves.subspan(k)));
}

[[nodiscard]] inline std::vector<Hash256> leaf_hashes(merkle::Hasher& hasher, std::uint64_t count) {
  std::vector<Hash256> hashes;
  for (std::uint64_t i = 0; i < count; ++i) hashes.push_back(hasher.leaf(leaf_text(i)));
  return hashes;
}

}  // namespace baton::test
