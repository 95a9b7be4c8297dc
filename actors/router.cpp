#include "actors/router.hpp"

#include "actors/messages.hpp"

namespace baton {

namespace {

// What an actor, its slot and its empty mailbox cost beside what it reports.
constexpr std::size_t kActorOverhead = 2048;
// So many are asked to make room at a time; each report asks again while the budget is exceeded.
constexpr int kAskedAtOnce = 4;

}  // namespace

Router::Shard& Router::shard_of(const Address& address) {
  return shards_[std::hash<std::string>{}(address.id) % shards_.size()];
}

template <typename Message>
void Router::send(const Address& address, Message message) {
  if (stopping_.load(std::memory_order_relaxed)) return;
  backlog_.fetch_add(1, std::memory_order_relaxed);
  Shard& shard = shard_of(address);
  const std::lock_guard lock(shard.mutex);
  auto found = shard.slots.find(address);
  if (found == shard.slots.end()) {
    if (stopping_.load(std::memory_order_relaxed)) return;
    Slot slot;
    slot.actor = spawn_(address);
    slot.memory = kActorOverhead;
    slot.place = shard.by_use.insert(shard.by_use.end(), address);
    found = shard.slots.emplace(address, std::move(slot)).first;
    memory_.fetch_add(kActorOverhead, std::memory_order_relaxed);
    (address.kind == ActorKind::instance ? instances_ : patients_).fetch_add(1, std::memory_order_relaxed);
  }
  Slot& slot = found->second;
  ++slot.sent;
  slot.cooled = false;
  shard.by_use.splice(shard.by_use.end(), shard.by_use, slot.place);
  caf::anon_send(slot.actor, std::move(message));
}

void Router::deliver(const std::string& instance, InstanceMessage message) {
  send(Address{ActorKind::instance, instance}, ToInstance{std::move(message)});
}

void Router::deliver_to_patient(const std::string& patient, PatientMessage message) {
  send(Address{ActorKind::patient, patient}, ToPatient{std::move(message)});
}

void Router::deliver(const OutboxRecord& record) {
  if (record.to.kind == ActorKind::instance) {
    deliver(record.to.id, TakeDelivery{record});
  } else {
    deliver_to_patient(record.to.id, TakePatientDelivery{record});
  }
}

bool Router::try_leave(const Address& address, std::uint64_t taken) {
  Shard& shard = shard_of(address);
  caf::actor leaving;  // Released after the lock.
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.slots.find(address);
  if (found == shard.slots.end()) return true;
  if (found->second.sent != taken) return false;
  leaving = std::move(found->second.actor);
  memory_.fetch_sub(found->second.memory, std::memory_order_relaxed);
  (address.kind == ActorKind::instance ? instances_ : patients_).fetch_sub(1, std::memory_order_relaxed);
  shard.by_use.erase(found->second.place);
  shard.slots.erase(found);
  return true;
}

void Router::report(const Address& address, std::size_t memory) {
  Shard& shard = shard_of(address);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.slots.find(address);
  if (found == shard.slots.end()) return;
  Slot& slot = found->second;
  const std::size_t total = memory + kActorOverhead;
  memory_.fetch_add(total - slot.memory, std::memory_order_relaxed);  // Unsigned, so a decrease wraps to the right sum.
  slot.memory = total;
  if (memory_.load(std::memory_order_relaxed) > budget_) make_room(shard);
}

void Router::make_room(Shard& shard) {
  int asked = 0;
  for (const Address& address : shard.by_use) {
    if (asked++ == kAskedAtOnce) return;
    Slot& slot = shard.slots.find(address)->second;
    // First the script, which is most of it; who was asked before leaves.
    caf::anon_send(slot.actor, MakeRoom{slot.cooled});
    slot.cooled = true;
  }
}

Crowd Router::crowd() const { return {instances_.load(), patients_.load(), memory_.load()}; }

void Router::stop() {
  stopping_ = true;
  for (Shard& shard : shards_) {
    std::map<Address, Slot> slots;
    {
      const std::lock_guard lock(shard.mutex);
      slots.swap(shard.slots);
      shard.by_use.clear();
    }
    for (auto& [address, slot] : slots) caf::anon_send_exit(slot.actor, caf::exit_reason::user_shutdown);
  }
}

}  // namespace baton
