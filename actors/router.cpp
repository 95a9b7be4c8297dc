#include "actors/router.hpp"

#include "actors/messages.hpp"
#include "actors/turn_runner.hpp"

namespace baton {

namespace {

// What an actor, its slot, its empty mailbox and its records cost beside what it reports; measured with 30,000 of them.
constexpr std::size_t kActorOverhead = 4096;
// So many are asked to make room at a time; each report asks further ones while the budget is exceeded.
constexpr int kAskedAtOnce = 16;
// An instance with its script takes ten times the memory of one without, and saves a replay; one without saves reading the
// store. So scripts go first, down to this part of the budget, which is for the instances that work just now.
constexpr std::size_t kWarmPart = 2;

}  // namespace

Router::Shard& Router::shard_of(const AddressView& address) {
  // The low bits choose the bucket inside the shard.
  return shards_[(AddressHash{}(address) >> 32) % shards_.size()];
}

template <typename Message>
void Router::send(const AddressView& address, Message message, caf::execution_unit* runner) {
  if (stopping_.load(std::memory_order_relaxed)) return;
  delivered_.fetch_add(1);
  Shard& shard = shard_of(address);
  const std::lock_guard lock(shard.mutex);
  auto found = shard.slots.find(address);
  if (found == shard.slots.end()) {
    if (stopping_.load(std::memory_order_relaxed)) return;
    Address kept{address.kind, std::string(address.id)};
    Slot slot;
    slot.actor = spawn_(kept);
    slot.memory = kActorOverhead;
    found = shard.slots.emplace(std::move(kept), std::move(slot)).first;
    found->second.place = shard.warm.insert(shard.warm.end(), &found->first);
    memory_.fetch_add(kActorOverhead, std::memory_order_relaxed);
    warm_memory_.fetch_add(kActorOverhead, std::memory_order_relaxed);
    (address.kind == ActorKind::instance ? instances_ : patients_).fetch_add(1, std::memory_order_relaxed);
  }
  Slot& slot = found->second;
  ++slot.sent;
  line_up(shard, slot, false);
  slot.actor->eq_impl(caf::make_message_id(), nullptr, runner, std::move(message));
}

void Router::deliver(const std::string& instance, InstanceMessage message) {
  send({ActorKind::instance, instance}, ToInstance{std::move(message)});
}

void Router::deliver_here(caf::actor_system& system, const std::string& instance, InstanceMessage message) {
  TurnRunner runner(system);
  send({ActorKind::instance, instance}, ToInstance{std::move(message)}, &runner);
  runner.run();
}

void Router::deliver_to_patient(const std::string& patient, PatientMessage message) {
  send({ActorKind::patient, patient}, ToPatient{std::move(message)});
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
  remove(shard, found);
  return true;
}

void Router::report(const Address& address, std::size_t memory) {
  Shard& shard = shard_of(address);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.slots.find(address);
  if (found == shard.slots.end()) return;
  Slot& slot = found->second;
  answered(slot);
  const std::size_t total = memory + kActorOverhead;
  const std::size_t change = total - slot.memory;  // Unsigned, so a decrease wraps to the right sum.
  memory_.fetch_add(change, std::memory_order_relaxed);
  if (!slot.cooled) warm_memory_.fetch_add(change, std::memory_order_relaxed);
  slot.memory = total;
  make_room(shard);
}

void Router::answered(Slot& slot) {
  expected_.fetch_sub(slot.expected, std::memory_order_relaxed);
  slot.expected = 0;
}

void Router::remove(Shard& shard, Slots::iterator slot) {
  answered(slot->second);
  memory_.fetch_sub(slot->second.memory, std::memory_order_relaxed);
  if (!slot->second.cooled) warm_memory_.fetch_sub(slot->second.memory, std::memory_order_relaxed);
  (slot->first.kind == ActorKind::instance ? instances_ : patients_).fetch_sub(1, std::memory_order_relaxed);
  (slot->second.cooled ? shard.cooled : shard.warm).erase(slot->second.place);
  shard.slots.erase(slot);
}

void Router::line_up(Shard& shard, Slot& slot, bool cooled) {
  if (cooled != slot.cooled) {
    if (cooled) {
      warm_memory_.fetch_sub(slot.memory, std::memory_order_relaxed);
    } else {
      warm_memory_.fetch_add(slot.memory, std::memory_order_relaxed);
    }
  }
  std::list<const Address*>& to = cooled ? shard.cooled : shard.warm;
  to.splice(to.end(), slot.cooled ? shard.cooled : shard.warm, slot.place);
  slot.cooled = cooled;
}

// Who was asked goes to the end of the row, so that others are asked next, while the answer is on its way.
void Router::make_room(Shard& shard) {
  for (int asked = 0; asked < kAskedAtOnce && !shard.slots.empty(); ++asked) {
    if (memory_.load(std::memory_order_relaxed) <= budget_ + expected_.load(std::memory_order_relaxed)) return;
    const bool scripts_go = warm_memory_.load(std::memory_order_relaxed) > budget_ / kWarmPart;
    const bool leave = shard.warm.empty() || (!scripts_go && !shard.cooled.empty());
    Slot& slot = shard.slots.find(leave ? *shard.cooled.front() : *shard.warm.front())->second;
    line_up(shard, slot, true);
    if (slot.expected > 0) continue;
    slot.expected = leave ? slot.memory : slot.memory / 2;
    expected_.fetch_add(slot.expected, std::memory_order_relaxed);
    caf::anon_send(slot.actor, MakeRoom{leave});
  }
}

Crowd Router::crowd() const { return {instances_.load(), patients_.load(), memory_.load()}; }

void Router::stop() {
  stopping_ = true;
  for (Shard& shard : shards_) {
    Slots slots;
    {
      const std::lock_guard lock(shard.mutex);
      slots.swap(shard.slots);
      shard.warm.clear();
      shard.cooled.clear();
    }
    for (auto& [address, slot] : slots) caf::anon_send_exit(slot.actor, caf::exit_reason::user_shutdown);
  }
}

}  // namespace baton
