// A case that comes to have another business key: events of that key find it, and start none of its workflow beside it.
#include <algorithm>

#include "runtime/base/sha256.hpp"
#include "runtime/engine/patient_turn.hpp"

namespace baton {
namespace {

// As an event in the inbox of the case that has added the key: another has it, since a message was faster. What is to
// become of the two only their script can say. The same is told under the same id, so that a case takes it once.
DeliverEvent key_held(const OpenInstance& by) {
  JsonWriter writer;
  writer.begin_object().field("type", kKeyHeldEvent).key("data").begin_object();
  writer.field("key", by.business_key).field("instance", by.id).end_object().end_object();
  const std::string id = "key_held:" + to_hex(sha256(by.id + "\x1f" + by.business_key)).substr(0, 16);
  return {id, std::string(kKeyHeldEvent), std::move(writer).take()};
}

}  // namespace

bool PatientTurn::has_open(const std::string& instance) const {
  return std::any_of(record_.open_instances.begin(), record_.open_instances.end(),
                     [&instance](const OpenInstance& each) { return each.id == instance; });
}

// It may come before the record that had the case has handed it over. Then the key is not new, and what has it here was
// not faster: two cases that a merge has brought together have not heard the same.
void PatientTurn::add_key(const AddKey& added) {
  if (!record_.merged_into.empty()) return;  // The case is told to move, and then tells the survivor.
  exists_ = true;
  const OpenInstance keyed{added.instance, added.workflow, added.business_key};
  std::vector<OpenInstance>& open = record_.open_instances;
  if (std::find(open.begin(), open.end(), keyed) != open.end()) return;
  const bool is_new = has_open(keyed.id);
  for (const OpenInstance& other : open) {
    if (!is_new || other.workflow != keyed.workflow || other.business_key != keyed.business_key) continue;
    send({ActorKind::instance, keyed.id}, key_held(other));
  }
  open.push_back(keyed);
  // As if an event of this key had started it: none starts it again, or only as a later one.
  std::uint32_t& runs = record_.runs[keyed.workflow + "/" + keyed.business_key];
  runs = std::max(runs, 1U);
}

}  // namespace baton
