// What the ledger stores of a record that is about somebody: a leaf that everybody can verify, in which persons have
// pseudonyms, and what was said of them is one sealed value. Pure.
//
//   leaf   = canonical JSON, as docs/formats/audit.md says, in which
//              patient, patients   are pseudonyms
//              sealed              stands for the members after, before, evidence, object and reason:
//                                  {"fields":[names],"value":base 64 of a sealed value}
//   value  = sealed canonical JSON of these members, bound to "leaf"
//
// A member that lies beside the leaf stays in it: it is the SHA-256 of what is stored there, which is sealed as well.
#pragma once

#include <string>
#include <string_view>

#include "persistence/keys/pseudonym.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/model/audit_leaf.hpp"

namespace baton {

constexpr std::string_view kSealedMember = "sealed";
constexpr std::string_view kLeafBound = "leaf";
constexpr std::string_view kBesideBound = "beside";

// Whether anything of the record may be somebody's: a batch's query and reason are, whomever they name. Records of the house
// (deployments, sign-ins, configuration) stay open, and so do those about keys and erasures, but for the pseudonym.
[[nodiscard]] bool is_about_somebody(const AuditLeaf& leaf);
// Records about erasures and holds outlast the person: the house's key seals them, whomever they are about.
[[nodiscard]] bool is_of_the_house(const AuditLeaf& leaf);

// The members to seal, as a canonical JSON object; empty when there are none.
[[nodiscard]] std::string personal_members(const AuditLeaf& leaf);

struct StoredLeafParts {
  std::string_view sealed;                       // The sealed value; empty: nothing is sealed.
  std::string_view journal_hash;                 // 64 hex digits; empty: the leaf's own stays.
  const std::vector<Hash256>* beside = nullptr;  // The hashes of what lies beside, in its order; null: the leaf's own.
};
// The leaf as it is stored. Precondition: it has members.
[[nodiscard]] std::string stored_leaf(const AuditLeaf& leaf, const Pseudonyms& pseudonyms,
                                      const StoredLeafParts& parts);

}  // namespace baton
