// Index rows against the records that they lead to.
#include <algorithm>

#include "persistence/audit_index.hpp"
#include "persistence/index_rows.hpp"
#include "persistence/key_space.hpp"
#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/ledger_source.hpp"
#include "persistence/scrub_checks.hpp"

namespace baton::scrub {
namespace {

void stale(std::string_view key, const std::string& subject, Findings& out) {
  out.push_back({FindingKind::stale_index, subject,
                 "index " + std::to_string(static_cast<unsigned char>(key.front())) + " leads to what is not so"});
}

template <typename Record>
Status expect_leads_to(const Result<std::optional<Record>>& record, std::string_view key, const std::string& subject,
                       const Pseudonyms& pseudonyms, Findings& out) {
  if (!record.ok() && record.error().code == ErrorCode::erased) return success();  // What it says nobody can tell.
  if (!record.ok()) return record.error();
  if (!*record || !std::ranges::binary_search(index_keys(**record, pseudonyms), key)) stale(key, subject, out);
  return success();
}

// A row of the ledger's indexes leads to leaves that say what it says.
Status expect_leads_to_leaves(const StoreReader& at, Index which, keys::Parts parts, std::string_view key,
                              std::string_view value, Findings& out) {
  const std::string name = which == Index::audit_by_field ? parts.text() : std::string();
  const auto field = std::ranges::find_if(
      kAuditFields, [&](const AuditField& each) { return each.index == which && (name.empty() || each.name == name); });
  if (field == kAuditFields.end()) {
    stale(key, "a field that has no index", out);
    return success();
  }
  const std::string wanted = parts.text();
  const std::uint64_t first = parts.u64();
  const auto offsets = read_audit_offsets(value);
  if (!offsets.ok()) return offsets.error();
  const StoreLedgerSource source(at.store());
  for (const std::uint32_t offset : *offsets) {
    const auto leaf = LedgerReader(source).leaf(first + offset);
    if (!leaf.ok() && leaf.error().code == ErrorCode::entry_pruned) continue;
    if (!leaf.ok() && leaf.error().code != ErrorCode::not_found) return leaf.error();
    if (!leaf.ok() || !has_value(AuditLeaf(*leaf), *field, wanted)) {
      stale(key, "audit record " + std::to_string(first + offset), out);
      break;
    }
  }
  return success();
}

}  // namespace

Status check_index(const StoreReader& at, std::string_view key, std::string_view value, Findings& out) {
  keys::Parts parts(key);
  const Pseudonyms& pseudonyms = at.store().pseudonyms();
  const auto which = static_cast<Index>(parts.u8());
  const auto instance = [&] {
    (void)parts.time();
    const std::string id = parts.id();
    return expect_leads_to(at.instance(id), key, id, pseudonyms, out);
  };
  const auto task = [&] {
    (void)parts.time();
    const std::string id = parts.text();
    return expect_leads_to(at.task(id, parts.u32()), key, id, pseudonyms, out);
  };
  switch (which) {
    case Index::instances_by_attribute: (void)parts.text(); [[fallthrough]];
    case Index::instances_by_workflow:
      (void)parts.text();
      (void)parts.u8();
      return instance();
    case Index::instances_by_business_key: (void)parts.text(); [[fallthrough]];
    case Index::instances_by_patient: (void)parts.text(); [[fallthrough]];
    case Index::instances_with_incident: return instance();
    case Index::unit_tasks_by_role_and_unit: (void)parts.text(); [[fallthrough]];
    case Index::unit_tasks_by_role:
    case Index::open_tasks_by_unit:
    case Index::open_tasks_by_role:
    case Index::open_tasks_by_subject:
    case Index::tasks_by_patient: (void)parts.text(); [[fallthrough]];
    case Index::open_tasks_by_due:
    case Index::closed_tasks: return task();
    case Index::open_alerts_by_queue: (void)parts.text(); [[fallthrough]];
    case Index::alerts_by_time: {
      (void)parts.time();
      const std::string id = parts.text();
      return expect_leads_to(at.alert(id, parts.u32()), key, id, pseudonyms, out);
    }
    case Index::open_incidents: {
      (void)parts.time();
      const std::string id = parts.text();
      return expect_leads_to(at.incident(id, parts.u32()), key, id, pseudonyms, out);
    }
    case Index::messages_by_state: {
      (void)parts.text();
      (void)parts.time();
      const std::string source = parts.text();
      const std::string id = parts.id();
      return expect_leads_to(at.message(source, id), key, id, pseudonyms, out);
    }
    case Index::timeline: {
      (void)parts.text();
      (void)parts.time();
      const std::string id = parts.id();
      return expect_leads_to(at.event(id), key, id, pseudonyms, out);
    }
    case Index::children: {
      (void)parts.text();
      (void)parts.u32();
      const std::string id = parts.id();
      return expect_leads_to(at.instance(id), key, id, pseudonyms, out);
    }
    case Index::audit_by_patient:
    case Index::audit_by_instance:
    case Index::audit_by_subject:
    case Index::audit_by_action:
    case Index::audit_by_field: return expect_leads_to_leaves(at, which, parts, key, value, out);
    case Index::audit_by_time: return success();           // Says where a time begins, and leads to no record.
    case Index::patients_by_identifier: return success();  // May outlive the identifier.
  }
  stale(key, "index", out);
  return success();
}

}  // namespace baton::scrub
