#include "persistence/keys/sealed_leaf.hpp"

#include <algorithm>
#include <array>

#include "runtime/base/base64.hpp"
#include "runtime/base/json_text.hpp"

namespace baton {
namespace {

constexpr std::array<std::string_view, 5> kPersonal = {"after", "before", "evidence", "object", "reason"};
constexpr std::size_t kHexHash = 64;
constexpr std::string_view kBeforeHash = R"("sha256":")";

bool is_personal(const LeafMember& member) {
  return member.beside < 0 && std::ranges::find(kPersonal, member.name) != kPersonal.end();
}

std::string_view text_of(const AuditLeaf& leaf, const LeafMember& member) {
  return std::string_view(leaf.bytes).substr(member.at, member.size);
}

void append_sealed(std::string& out, const AuditLeaf& leaf, std::string_view value) {
  out += R"("sealed":{"fields":[)";
  bool first = true;
  for (const LeafMember& member : leaf.members) {
    if (!is_personal(member)) continue;
    if (!first) out.push_back(',');
    first = false;
    out.push_back('"');
    out += member.name;
    out.push_back('"');
  }
  out += R"(],"value":")";
  out += encode_base64(value);
  out += "\"}";
}

void append_patients(std::string& out, const AuditLeaf& leaf, const Pseudonyms& pseudonyms) {
  out += R"("patients":[)";
  bool first = true;
  for (const std::string& patient : leaf.patients) {
    if (!first) out.push_back(',');
    first = false;
    append_json_string(out, pseudonyms.patient(patient));
  }
  out.push_back(']');
}

void append_member(std::string& out, const AuditLeaf& leaf, const LeafMember& member, const Pseudonyms& pseudonyms,
                   const StoredLeafParts& parts) {
  if (member.name == "patient" && pseudonyms.keyed()) {
    out += R"("patient":)";
    append_json_string(out, pseudonyms.patient(leaf.patient));
    return;
  }
  if (member.name == "patients" && member.beside < 0 && pseudonyms.keyed())
    return append_patients(out, leaf, pseudonyms);
  const std::string_view text = text_of(leaf, member);
  const std::size_t at = out.size();
  out += text;
  if (member.name == "journal" && text.substr(0, text.size() - 1).ends_with(kJournalHashLater)) {
    if (!parts.journal_hash.empty()) out.replace(out.size() - 1 - kHexHash, kHexHash, parts.journal_hash);
  } else if (member.beside >= 0 && parts.beside != nullptr) {
    const std::size_t hash = out.find(kBeforeHash, at) + kBeforeHash.size();
    out.replace(hash, kHexHash, to_hex(as_bytes((*parts.beside)[static_cast<std::size_t>(member.beside)])));
  }
}

// A leaf that hides nothing: the journal row's hash is all that it lacks.
std::string with_journal_hash(const AuditLeaf& leaf, std::string_view hash) {
  std::string bytes = leaf.bytes;
  for (const LeafMember& member : leaf.members) {
    const std::size_t end = member.at + member.size - 1;  // Before the last quote.
    if (hash.empty() || member.name != "journal" ||
        !std::string_view(bytes).substr(0, end).ends_with(kJournalHashLater))
      continue;
    bytes.replace(end - kHexHash, kHexHash, hash);
  }
  return bytes;
}

}  // namespace

// A refusal names whom the refused request named, who need not exist.
bool is_of_the_house(const AuditLeaf& leaf) {
  return leaf.action.starts_with("erasure.") || leaf.action.starts_with("hold.") ||
         leaf.action == action::kPatientErased || leaf.action == action::kAccessRefused;
}

bool is_about_somebody(const AuditLeaf& leaf) {
  return !leaf.patient.empty() || !leaf.patients.empty() || !leaf.instance.empty() ||
         leaf.action.starts_with("message.") || leaf.action.starts_with("patient.") ||
         leaf.action.starts_with("batch.");
}

std::string personal_members(const AuditLeaf& leaf) {
  std::string members;
  for (const LeafMember& member : leaf.members) {
    if (!is_personal(member)) continue;
    members.push_back(members.empty() ? '{' : ',');
    members += text_of(leaf, member);
  }
  if (!members.empty()) members.push_back('}');
  return members;
}

std::string stored_leaf(const AuditLeaf& leaf, const Pseudonyms& pseudonyms, const StoredLeafParts& parts) {
  const bool hides =
      !parts.sealed.empty() || !leaf.patient.empty() || !leaf.patients.empty() || parts.beside != nullptr;
  if (!hides) return with_journal_hash(leaf, parts.journal_hash);
  std::string out;
  out.reserve(leaf.bytes.size() + parts.sealed.size() + parts.sealed.size() / 3 + 128);
  bool sealed_is_due = !parts.sealed.empty();
  const auto separate = [&out] { out.push_back(out.empty() ? '{' : ','); };
  for (const LeafMember& member : leaf.members) {
    if (sealed_is_due && member.name > kSealedMember) {
      separate();
      append_sealed(out, leaf, parts.sealed);
      sealed_is_due = false;
    }
    if (!parts.sealed.empty() && is_personal(member)) continue;
    separate();
    append_member(out, leaf, member, pseudonyms, parts);
  }
  if (sealed_is_due) {
    separate();
    append_sealed(out, leaf, parts.sealed);
  }
  out.push_back('}');
  return out;
}

}  // namespace baton
