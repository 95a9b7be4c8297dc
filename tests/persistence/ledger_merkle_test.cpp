#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstring>
#include <fstream>
#include <optional>

#include "persistence/ledger/merkle.hpp"
#include "runtime/base/base64.hpp"
#include "tests/persistence/ledger_store.hpp"
#include "tests/support/places.hpp"

namespace baton {
namespace {

namespace json = boost::json;

std::vector<json::object> vectors(const char* name) {
  std::ifstream file(test_data() / "merkle" / name);
  std::vector<json::object> all;
  for (std::string line; std::getline(file, line);) all.push_back(json::parse(line).as_object());
  return all;
}

std::optional<Hash256> whole_hash_of(const json::value& value) {
  const std::string bytes = decode_base64(value.as_string()).value();
  Hash256 hash;
  if (bytes.size() != hash.size()) return std::nullopt;
  std::memcpy(hash.data(), bytes.data(), hash.size());
  return hash;
}

// Some vectors hold byte strings that are no hashes: a hash of them stands in, equal only where they are equal.
Hash256 hash_of(const json::value& value) {
  return whole_hash_of(value).value_or(sha256("stands in for " + std::string(value.as_string())));
}

merkle::Proof proof_of(const json::value& value) {
  merkle::Proof proof;
  if (value.is_null()) return proof;
  for (const json::value& item : value.as_array()) proof.push_back(hash_of(item));
  return proof;
}

bool inclusion_holds(const json::object& vector) {
  const auto leaf = whole_hash_of(vector.at("leafHash"));
  return leaf && merkle::verify_inclusion(vector.at("leafIdx").to_number<std::uint64_t>(),
                                          vector.at("treeSize").to_number<std::uint64_t>(), *leaf,
                                          proof_of(vector.at("proof")), hash_of(vector.at("root")))
                     .ok();
}

bool consistency_holds(const json::object& vector) {
  return merkle::verify_consistency(vector.at("size1").to_number<std::uint64_t>(),
                                    vector.at("size2").to_number<std::uint64_t>(), hash_of(vector.at("root1")),
                                    hash_of(vector.at("root2")), proof_of(vector.at("proof")))
      .ok();
}

TEST(Merkle, judges_every_public_inclusion_vector_as_its_authors_do) {
  const auto all = vectors("inclusion.jsonl");
  ASSERT_EQ(all.size(), 98u);
  for (const auto& vector : all) {
    EXPECT_EQ(inclusion_holds(vector), !vector.at("wantErr").as_bool()) << json::serialize(vector);
  }
}

TEST(Merkle, judges_every_public_consistency_vector_as_its_authors_do) {
  const auto all = vectors("consistency.jsonl");
  ASSERT_EQ(all.size(), 98u);
  for (const auto& vector : all) {
    EXPECT_EQ(consistency_holds(vector), !vector.at("wantErr").as_bool()) << json::serialize(vector);
  }
}

TEST(Merkle, grows_to_the_root_that_rfc_6962_defines_at_every_size) {
  merkle::Hasher hasher;
  const auto leaves = test::leaf_hashes(hasher, 300);
  merkle::RightEdge edge;
  for (std::size_t size = 0; size <= leaves.size(); ++size) {
    const auto expected = test::root_by_definition(hasher, std::span(leaves).subspan(0, size));
    ASSERT_EQ(edge.root(hasher), expected) << size;
    if (size > 0) {
      ASSERT_EQ(hasher.root(std::span(leaves).subspan(0, size)), expected) << size;
    }
    if (size < leaves.size()) edge.append(hasher, leaves[size]);
  }
}

TEST(Merkle, proves_every_leaf_and_every_older_size_and_refuses_each_proof_when_one_bit_differs) {
  constexpr std::uint64_t kSize = 70;
  merkle::Hasher hasher;
  const auto leaves = test::leaf_hashes(hasher, kSize);
  const merkle::FetchNode fetch = [&](merkle::Node node) -> Result<Hash256> {
    return hasher.root(std::span(leaves).subspan(node.index << node.height, std::size_t{1} << node.height));
  };
  for (std::uint64_t size = 1; size <= kSize; ++size) {
    const Hash256 root = merkle::root_at(size, fetch).value();
    for (std::uint64_t index = 0; index < size; ++index) {
      auto proof = merkle::inclusion_proof(index, size, fetch).value();
      ASSERT_TRUE(merkle::verify_inclusion(index, size, leaves[index], proof, root).ok()) << index << " of " << size;
      for (Hash256& hash : proof) {
        hash[size % 32] ^= 4;
        ASSERT_FALSE(merkle::verify_inclusion(index, size, leaves[index], proof, root).ok());
        hash[size % 32] ^= 4;
      }
    }
    for (std::uint64_t old_size = 1; old_size <= size; ++old_size) {
      auto proof = merkle::consistency_proof(old_size, size, fetch).value();
      const Hash256 old_root = merkle::root_at(old_size, fetch).value();
      ASSERT_TRUE(merkle::verify_consistency(old_size, size, old_root, root, proof).ok()) << old_size << " in " << size;
      for (Hash256& hash : proof) {
        hash[size % 32] ^= 4;
        ASSERT_FALSE(merkle::verify_consistency(old_size, size, old_root, root, proof).ok());
        hash[size % 32] ^= 4;
      }
    }
  }
}

TEST(Merkle, gives_no_proof_of_what_the_tree_does_not_hold) {
  const merkle::FetchNode fetch = [](merkle::Node) -> Result<Hash256> { return Hash256{}; };
  EXPECT_FALSE(merkle::inclusion_proof(0, 0, fetch).ok());
  EXPECT_FALSE(merkle::inclusion_proof(5, 5, fetch).ok());
  EXPECT_FALSE(merkle::consistency_proof(6, 5, fetch).ok());
}

}  // namespace
}  // namespace baton
