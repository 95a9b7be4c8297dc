#include "gateway/auth/permissions.hpp"

#include <algorithm>

#include "runtime/base/assert.hpp"

namespace baton {
namespace {

// Nothing where there is no such permission.
std::uint64_t bit_of(std::string_view name) {
  const std::vector<Permission>& all = all_permissions();
  const auto found = std::ranges::find(all, name, &Permission::name);
  return found == all.end() ? 0 : std::uint64_t{1} << (found - all.begin());
}

}  // namespace

const std::vector<Permission>& all_permissions() {
  static const std::vector<Permission> kAll = {
      {"task.read", "see tasks"},
      {"task.work", "claim, release, delegate, comment and decide tasks"},
      {"task.assign", "give tasks to others, whoever has them"},
      {"task.every_unit", "see and decide tasks of every unit, not only of one's own"},
      {"roster.manage", "say who is on duty and who stands in for whom"},
      {"instance.read", "see cases and why they wait"},
      {"instance.start", "start workflows"},
      {"instance.signal", "send signals, updates and results to cases"},
      {"instance.control", "pause, resume, move and cancel cases"},
      {"instance.override", "replace an outcome that was reached"},
      {"incident.read", "see incidents"},
      {"incident.resolve", "retry, skip, rewind and give up incidents"},
      {"batch.read", "see what is done to many at once"},
      {"batch.run", "act on many cases, incidents or tasks at once, as far as one may on each"},
      {"bundle.read", "see bundles"},
      {"bundle.deploy", "check a bundle against open cases, and make it live"},
      {"schedule.read", "see schedules"},
      {"schedule.manage", "create and change schedules"},
      {"message.read", "see messages from other systems"},
      {"message.send", "hand messages in"},
      {"message.review", "replay and discard messages in quarantine"},
      {"patient.read", "see personal data; without it such fields are masked"},
      {"audit.read", "read the audit ledger"},
      {"erasure.read", "see erasures of patients, and what one would take"},
      {"erasure.request", "ask that a patient's data be erased"},
      {"erasure.decide", "approve or refuse an erasure that somebody else asked for"},
      {"keys.rotate", "renew the keys that seal patients' data"},
      {"audit.prune", "remove exported records from the ledger"},
      {"hold.manage", "place and lift legal holds"},
      {"patient.break_glass", "open one person's data without the right to it, with a reason, for a while"},
      {"live.watch", "be told what changes"},
      {"metrics.read", "read counts"},
      {"clock.set", "move a virtual clock"},
      {"people.manage", "create and change people, keys and sessions"},
      {"act.as", "speak for another person: for a front that has signed them in itself"}};
  BATON_ASSERT(kAll.size() <= 64);  // Bits of a PermissionSet.
  return kAll;
}

bool PermissionSet::insert(std::string_view name) {
  const std::uint64_t bit = bit_of(name);
  bits_ |= bit;
  return bit != 0;
}

void PermissionSet::remove(std::string_view name) { bits_ &= ~bit_of(name); }

bool PermissionSet::contains(std::string_view name) const { return (bits_ & bit_of(name)) != 0; }

std::vector<std::string> PermissionSet::names() const {
  std::vector<std::string> names;
  for (const Permission& each : all_permissions()) {
    if (contains(each.name)) names.emplace_back(each.name);
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace baton
