#include "persistence/ledger/merkle.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace baton::merkle {
namespace {

struct Range {
  std::uint64_t begin;
  std::uint64_t end;
};

// RFC 6962's k: the largest power of two below n. Precondition: n > 1.
std::uint64_t split_of(std::uint64_t n) { return std::bit_floor(n - 1); }

Result<Hash256> range_root(Hasher& hasher, Range range, const FetchNode& fetch) {
  const std::vector<Node> parts = perfect_subtrees(range.begin, range.end);
  BATON_ASSERT(!parts.empty());
  auto root = fetch(parts.back());
  for (std::size_t i = parts.size() - 1; root.ok() && i-- > 0;) {
    const auto left = fetch(parts[i]);
    if (!left.ok()) return left.error();
    root = hasher.node(*left, *root);
  }
  return root;
}

// The roots of the ranges, last range first: proofs are found from the root down and written from the leaf up.
Result<Proof> roots_reversed(const std::vector<Range>& ranges, const FetchNode& fetch) {
  Hasher hasher;
  Proof proof;
  proof.reserve(ranges.size());
  for (auto range = ranges.rbegin(); range != ranges.rend(); ++range) {
    const auto root = range_root(hasher, *range, fetch);
    if (!root.ok()) return root.error();
    proof.push_back(*root);
  }
  return proof;
}

Error refused(const char* why) { return Error{ErrorCode::ledger_mismatch, why, {}}; }

}  // namespace

Hash256 Hasher::leaf(std::string_view bytes) { return sha256_.digest({std::string_view("\0", 1), bytes}); }

Hash256 Hasher::node(const Hash256& left, const Hash256& right) {
  std::array<char, 65> bytes;
  bytes[0] = 1;
  std::memcpy(bytes.data() + 1, left.data(), left.size());
  std::memcpy(bytes.data() + 33, right.data(), right.size());
  return sha256_.digest({std::string_view(bytes.data(), bytes.size())});
}

Hash256 Hasher::root(std::span<const Hash256> hashes) {
  BATON_ASSERT(!hashes.empty());
  // Pair off level by level; a last hash without a partner rises unchanged, which is RFC 6962's shape.
  std::vector<Hash256> level(hashes.begin(), hashes.end());
  while (level.size() > 1) {
    const std::size_t pairs = level.size() / 2;
    for (std::size_t i = 0; i < pairs; ++i) level[i] = node(level[2 * i], level[2 * i + 1]);
    if (level.size() % 2 != 0) level[pairs] = level.back();
    level.resize((level.size() + 1) / 2);
  }
  return level.front();
}

const Hash256& empty_root() {
  static const Hash256 root = sha256({});
  return root;
}

std::vector<Node> perfect_subtrees(std::uint64_t begin, std::uint64_t end) {
  std::vector<Node> parts;
  while (begin < end) {
    const auto height = static_cast<unsigned>(std::bit_width(end - begin) - 1);
    BATON_ASSERT(begin % (std::uint64_t{1} << height) == 0);
    parts.push_back({height, begin >> height});
    begin += std::uint64_t{1} << height;
  }
  return parts;
}

RightEdge::RightEdge(std::uint64_t size, std::vector<Hash256> hashes) : size_(size), hashes_(std::move(hashes)) {
  BATON_ASSERT(hashes_.size() == static_cast<std::size_t>(std::popcount(size_)));
}

Hash256 RightEdge::root(Hasher& hasher) const {
  if (hashes_.empty()) return empty_root();
  Hash256 root = hashes_.back();
  for (std::size_t i = hashes_.size() - 1; i-- > 0;) root = hasher.node(hashes_[i], root);
  return root;
}

Result<Hash256> root_at(std::uint64_t size, const FetchNode& fetch) {
  if (size == 0) return empty_root();
  Hasher hasher;
  return range_root(hasher, {0, size}, fetch);
}

Result<Proof> inclusion_proof(std::uint64_t index, std::uint64_t size, const FetchNode& fetch) {
  if (index >= size) {
    return Error{ErrorCode::not_found, "leaf " + std::to_string(index) + " of a tree of " + std::to_string(size), {}};
  }
  std::vector<Range> siblings;
  Range around{0, size};
  while (around.end - around.begin > 1) {
    const std::uint64_t middle = around.begin + split_of(around.end - around.begin);
    if (index < middle) {
      siblings.push_back({middle, around.end});
      around.end = middle;
    } else {
      siblings.push_back({around.begin, middle});
      around.begin = middle;
    }
  }
  return roots_reversed(siblings, fetch);
}

Result<Proof> consistency_proof(std::uint64_t old_size, std::uint64_t size, const FetchNode& fetch) {
  if (old_size > size) {
    return Error{
        ErrorCode::not_found, "size " + std::to_string(old_size) + " of a tree of " + std::to_string(size), {}};
  }
  if (old_size == 0) return Proof{};
  std::vector<Range> ranges;
  Range around{0, size};
  while (old_size != around.end) {
    const std::uint64_t middle = around.begin + split_of(around.end - around.begin);
    if (old_size <= middle) {
      ranges.push_back({middle, around.end});
      around.end = middle;
    } else {
      ranges.push_back({around.begin, middle});
      around.begin = middle;
    }
  }
  // A verifier knows the old root; it must be told the last old subtree only where that is not the whole old tree.
  if (around.begin != 0) ranges.push_back(around);
  return roots_reversed(ranges, fetch);
}

Status verify_inclusion(std::uint64_t index, std::uint64_t size, const Hash256& leaf_hash,
                        std::span<const Hash256> proof, const Hash256& root) {
  if (index >= size) return refused("the index is beyond the tree");
  Hasher hasher;
  std::uint64_t here = index;
  std::uint64_t last = size - 1;
  Hash256 hash = leaf_hash;
  for (const Hash256& sibling : proof) {
    if (last == 0) return refused("the inclusion proof is too long");
    if (here % 2 == 1 || here == last) {
      hash = hasher.node(sibling, hash);
      // On the right edge a subtree without a sibling rises unchanged.
      while (here % 2 == 0 && here != 0) {
        here >>= 1;
        last >>= 1;
      }
    } else {
      hash = hasher.node(hash, sibling);
    }
    here >>= 1;
    last >>= 1;
  }
  if (last != 0) return refused("the inclusion proof is too short");
  if (hash != root) return refused("the leaf is not in the tree of this root");
  return success();
}

Status verify_consistency(std::uint64_t old_size, std::uint64_t size, const Hash256& old_root, const Hash256& root,
                          std::span<const Hash256> proof) {
  if (old_size > size) return refused("the old tree is larger than the new one");
  if (old_size == size) {
    if (!proof.empty()) return refused("the consistency proof is too long");
    if (old_root != root) return refused("the roots differ");
    if (size == 0 && root != empty_root()) return refused("the root is not that of the empty tree");
    return success();
  }
  if (old_size == 0) return refused("every tree follows from the empty one: there is nothing to prove");
  if (proof.empty()) return refused("the consistency proof is too short");
  Hasher hasher;
  std::uint64_t here = old_size - 1;
  std::uint64_t last = size - 1;
  while (here % 2 == 1) {
    here >>= 1;
    last >>= 1;
  }
  // Where the old tree is perfect the proof leaves its root out.
  const bool perfect = std::has_single_bit(old_size);
  Hash256 old_hash = perfect ? old_root : proof.front();
  Hash256 new_hash = old_hash;
  for (const Hash256& sibling : proof.subspan(perfect ? 0 : 1)) {
    if (last == 0) return refused("the consistency proof is too long");
    if (here % 2 == 1 || here == last) {
      old_hash = hasher.node(sibling, old_hash);
      new_hash = hasher.node(sibling, new_hash);
      while (here % 2 == 0 && here != 0) {
        here >>= 1;
        last >>= 1;
      }
    } else {
      new_hash = hasher.node(new_hash, sibling);
    }
    here >>= 1;
    last >>= 1;
  }
  if (last != 0) return refused("the consistency proof is too short");
  if (old_hash != old_root) return refused("the proof does not lead to the old root");
  if (new_hash != root) return refused("the proof does not lead to the new root");
  return success();
}

}  // namespace baton::merkle
