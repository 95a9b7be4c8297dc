// Index rows against the records that they lead to.
#include <algorithm>

#include "persistence/index_rows.hpp"
#include "persistence/key_space.hpp"
#include "persistence/scrub_checks.hpp"

namespace baton::scrub {
namespace {

void stale(std::string_view key, const std::string& subject, Findings& out) {
  out.push_back({FindingKind::stale_index, subject,
                 "index " + std::to_string(static_cast<unsigned char>(key.front())) + " leads to what is not so"});
}

template <typename Record>
Status expect_leads_to(const Result<std::optional<Record>>& record, std::string_view key, const std::string& subject,
                       Findings& out) {
  if (!record.ok()) return record.error();
  if (!*record || !std::ranges::binary_search(index_keys(**record), key)) stale(key, subject, out);
  return success();
}

}  // namespace

Status check_index(const StoreReader& at, std::string_view key, std::string_view, Findings& out) {
  keys::Parts parts(key);
  const auto which = static_cast<Index>(parts.u8());
  const auto instance = [&] {
    (void)parts.time();
    const std::string id = parts.id();
    return expect_leads_to(at.instance(id), key, id, out);
  };
  const auto task = [&] {
    (void)parts.time();
    const std::string id = parts.text();
    return expect_leads_to(at.task(id, parts.u32()), key, id, out);
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
    case Index::open_tasks_by_role:
    case Index::open_tasks_by_subject:
    case Index::tasks_by_patient: (void)parts.text(); [[fallthrough]];
    case Index::open_tasks_by_due:
    case Index::closed_tasks: return task();
    case Index::open_incidents: {
      (void)parts.time();
      const std::string id = parts.text();
      return expect_leads_to(at.incident(id, parts.u32()), key, id, out);
    }
    case Index::messages_by_state: {
      (void)parts.text();
      (void)parts.time();
      const std::string source = parts.text();
      const std::string id = parts.id();
      return expect_leads_to(at.message(source, id), key, id, out);
    }
    case Index::timeline: {
      (void)parts.text();
      (void)parts.time();
      const std::string id = parts.id();
      return expect_leads_to(at.event(id), key, id, out);
    }
    case Index::children: {
      (void)parts.text();
      (void)parts.u32();
      const std::string id = parts.id();
      return expect_leads_to(at.instance(id), key, id, out);
    }
    case Index::patients_by_identifier: return success();  // May outlive the identifier.
  }
  stale(key, "index", out);
  return success();
}

}  // namespace baton::scrub
