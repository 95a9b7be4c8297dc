// The Merkle tree of RFC 6962 section 2.1 over SHA-256: hashing, the right edge of a growing tree, proofs and their
// verification. Invariant: a leaf and a node never hash alike (prefix 0x00 and 0x01). Pure; a Hasher belongs to one
// thread, everything else is values.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/base/result.hpp"
#include "runtime/base/sha256.hpp"

namespace baton::merkle {

using Proof = std::vector<Hash256>;

// Trees reach 2^63 leaves, so that sizes fit a signed integer everywhere and an edge has at most 63 hashes.
constexpr unsigned kMaxHeight = 63;

class Hasher {
 public:
  // SHA-256(0x00 || bytes).
  [[nodiscard]] Hash256 leaf(std::string_view bytes);
  // SHA-256(0x01 || left || right).
  [[nodiscard]] Hash256 node(const Hash256& left, const Hash256& right);
  // The root over `hashes`, which are neighbours of one height, in RFC 6962's shape. Precondition: not empty.
  [[nodiscard]] Hash256 root(std::span<const Hash256> hashes);

 private:
  Sha256 sha256_;
};

// The root of the tree without leaves: SHA-256 of nothing.
[[nodiscard]] const Hash256& empty_root();

// A perfect subtree: the leaves [index << height, (index + 1) << height).
struct Node {
  unsigned height = 0;
  std::uint64_t index = 0;

  bool operator==(const Node&) const = default;
};

// The perfect subtrees, largest first, that make up the leaves [begin, end). Precondition: `begin` is a multiple of
// the smallest power of two that is not below end - begin, as it is for every range that RFC 6962 hashes.
[[nodiscard]] std::vector<Node> perfect_subtrees(std::uint64_t begin, std::uint64_t end);

// The roots of the perfect subtrees of a tree, largest first: all that is needed to append and to know the root.
class RightEdge {
 public:
  RightEdge() = default;
  // Precondition: `hashes` belong to perfect_subtrees(0, size).
  RightEdge(std::uint64_t size, std::vector<Hash256> hashes);

  // Appends one leaf by its hash. Calls on_node(Node, const Hash256&) for the leaf and every subtree that it completes,
  // from the leaf upwards: one call a leaf and one hash a leaf, amortised.
  template <typename OnNode>
  void append(Hasher& hasher, const Hash256& leaf_hash, OnNode&& on_node) {
    BATON_ASSERT(size_ >> kMaxHeight == 0);
    Hash256 hash = leaf_hash;
    on_node(Node{0, size_}, hash);
    for (unsigned height = 1; ((size_ >> (height - 1)) & 1) != 0; ++height) {
      hash = hasher.node(hashes_.back(), hash);
      hashes_.pop_back();
      on_node(Node{height, size_ >> height}, hash);
    }
    hashes_.push_back(hash);
    ++size_;
  }
  void append(Hasher& hasher, const Hash256& leaf_hash) {
    append(hasher, leaf_hash, [](Node, const Hash256&) {});
  }

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] const std::vector<Hash256>& hashes() const { return hashes_; }
  [[nodiscard]] Hash256 root(Hasher& hasher) const;

 private:
  std::uint64_t size_ = 0;
  std::vector<Hash256> hashes_;
};

// Gives the root of a perfect subtree, or why it cannot. Proofs hand on its errors unchanged.
using FetchNode = std::function<Result<Hash256>(Node)>;

// The root of the tree of the first `size` leaves.
[[nodiscard]] Result<Hash256> root_at(std::uint64_t size, const FetchNode& fetch);
// RFC 6962 section 2.1.1: siblings from the leaf up. Error not_found when index >= size.
[[nodiscard]] Result<Proof> inclusion_proof(std::uint64_t index, std::uint64_t size, const FetchNode& fetch);
// RFC 6962 section 2.1.2. Error not_found when old_size > size. Empty when old_size is 0 or size.
[[nodiscard]] Result<Proof> consistency_proof(std::uint64_t old_size, std::uint64_t size, const FetchNode& fetch);

// RFC 9162 sections 2.1.3.2 and 2.1.4.2. Error ledger_mismatch when the proof does not prove it.
[[nodiscard]] Status verify_inclusion(std::uint64_t index, std::uint64_t size, const Hash256& leaf_hash,
                                      std::span<const Hash256> proof, const Hash256& root);
// Refuses old_size 0 for a tree with leaves: that would prove nothing, and callers must know it.
[[nodiscard]] Status verify_consistency(std::uint64_t old_size, std::uint64_t size, const Hash256& old_root,
                                        const Hash256& root, std::span<const Hash256> proof);

}  // namespace baton::merkle
