#include "runtime/model/audit_record.hpp"

#include <algorithm>
#include <array>

#include "runtime/base/limits.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/model/canonical_json.hpp"

namespace baton {
namespace {

enum class Form { text, json, canonical_json };

struct LeafField {
  std::string_view key;
  std::string_view value;  // Borrowed from the record, or from a text that outlives the leaf.
  Form form = Form::text;
};

// In the order of their keys, as RFC 8785 wants them.
constexpr std::size_t kFields = 25;
constexpr std::array<std::size_t, 3> kMayBeLarge = {1, 3, 6};  // after, before, evidence
constexpr std::size_t kUsualLeafSize = 2'048;
constexpr std::size_t kDigestSize = 128;  // More than what stands for a value takes.
// A leaf in the clear: sealed, and in base 64, it has to fit as well.
constexpr std::size_t kMostInTheClear = limits::kLedgerLeafSize / 4 * 3 - 1'024;
constexpr std::size_t kPseudonymSize = 36;  // Of a patient in a list, with quotes and comma.
using LeafFields = std::array<LeafField, kFields>;

LeafFields fields_of(const AuditRecord& r, std::string_view at, std::string_view occurred_at, std::string_view by,
                     std::string_view patients) {
  return {{{"action", r.action},
           {"after", r.after, Form::json},
           {"at", at},
           {"before", r.before, Form::json},
           {"bundle", r.bundle},
           {"by", by, Form::canonical_json},
           {"evidence", r.evidence, Form::json},
           {"instance", r.instance},
           {"journal", r.journal},
           {"line", r.line},
           {"model", r.model, Form::json},
           {"object", r.object},
           {"occurred_at", occurred_at},
           {"outcome", r.outcome},
           {"parent", r.parent.empty() ? r.by.parent : r.parent},
           {"patient", r.patient},
           {"patients", patients, Form::canonical_json},
           {"proposed_by", r.proposed_by, Form::json},
           {"purpose", r.by.purpose},
           {"reason", r.reason},
           {"reason_code", r.reason_code},
           {"rule", r.rule},
           {"source_event", r.source_event},
           {"trace", r.trace.empty() ? r.by.trace : r.trace},
           {"workflow", r.workflow}}};
}

std::string patients_json(const std::vector<std::string>& patients) {
  if (patients.empty()) return {};
  JsonWriter writer;
  writer.begin_array();
  for (const std::string& patient : patients) writer.string(patient);
  writer.end_array();
  return std::move(writer).take();
}

// What stands for a value that is too long, or that is no text: enough to recognise it by.
void append_digest(std::string& leaf, std::string_view value) {
  leaf += R"({"sha256":")";
  leaf += to_hex(sha256(value));
  leaf += R"(","size":)";
  leaf += std::to_string(value.size());
  leaf.push_back('}');
}

void append_value(std::string& leaf, const LeafField& field) {
  if (field.form == Form::json) {
    if (!append_canonical_json(leaf, field.value)) append_digest(leaf, field.value);
  } else if (!is_valid_utf8(field.value)) {
    append_digest(leaf, field.value);
  } else if (field.form == Form::text) {
    append_json_string(leaf, field.value);
  } else {
    leaf += field.value;
  }
}

// Writes the leaf with the fields whose bit is set in `digested` named by their digest. `sizes` gets each field's part,
// `members` where they lie.
std::string write_leaf(const LeafFields& fields, std::uint32_t digested, std::array<std::size_t, kFields>& sizes,
                       std::vector<LeafMember>& members) {
  std::string leaf;
  leaf.reserve(512);
  members.clear();
  leaf.push_back('{');
  for (std::size_t i = 0; i < fields.size(); ++i) {
    sizes[i] = 0;
    const LeafField& field = fields[i];
    if (field.value.empty()) continue;
    if (leaf.size() > 1) leaf.push_back(',');
    const std::size_t at = leaf.size();
    leaf.push_back('"');
    leaf += field.key;
    leaf += "\":";
    const std::size_t from = leaf.size();
    if ((digested >> i & 1) != 0) {
      append_digest(leaf, field.value);
    } else {
      append_value(leaf, field);
    }
    sizes[i] = leaf.size() - from;
    members.push_back({field.key, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(leaf.size() - at)});
  }
  leaf.push_back('}');
  return leaf;
}

}  // namespace

LeafText leaf_text(const AuditRecord& record) {
  const std::string at = format_instant(record.at);
  const std::string occurred_at = record.occurred_at.ms == 0 ? std::string() : format_instant(record.occurred_at);
  JsonWriter by;
  write_json(by, record.by);
  const std::string patients = patients_json(record.patients);
  const LeafFields fields = fields_of(record, at, occurred_at, by.view(), patients);
  std::array<std::size_t, kFields> sizes{};
  std::uint32_t digested = 0;
  LeafText text;
  std::vector<std::string_view> moved;  // Names of the fields that lie beside.
  text.members.reserve(12);
  text.bytes = write_leaf(fields, digested, sizes, text.members);
  const auto digest_longest = [&](const std::array<std::size_t, kFields>& among) {
    const auto longest = std::ranges::max_element(among);
    if (*longest <= kDigestSize) return false;
    const auto field = static_cast<std::size_t>(longest - among.begin());
    digested |= 1u << field;
    text.beside.emplace_back(fields[field].value);
    moved.push_back(fields[field].key);
    text.bytes = write_leaf(fields, digested, sizes, text.members);
    return true;
  };
  // The longest goes first, so that most of the record stays readable.
  while (text.bytes.size() > kUsualLeafSize) {
    std::array<std::size_t, kFields> large{};
    for (const std::size_t field : kMayBeLarge) large[field] = sizes[field];
    if (!digest_longest(large)) break;
  }
  // Every digest is under 100 bytes: this ends.
  while (text.bytes.size() + record.patients.size() * kPseudonymSize > kMostInTheClear && digest_longest(sizes)) {
  }
  for (LeafMember& member : text.members) {
    const auto found = std::ranges::find(moved, member.name);
    if (found != moved.end()) member.beside = static_cast<std::int32_t>(found - moved.begin());
  }
  return text;
}

std::string canonical_json(const AuditRecord& record, std::vector<std::string>* beside) {
  LeafText text = leaf_text(record);
  if (beside != nullptr) *beside = std::move(text.beside);
  return std::move(text.bytes);
}

}  // namespace baton
