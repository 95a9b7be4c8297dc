// Finds the actor of an address, and wakes it when it is dormant. The one owner of all instance and patient actors, and
// of the memory budget that decides which of them stay. Thread-safe.
//
// No message is lost between an actor that leaves and one that comes: both deliver() and try_leave() hold the lock of
// the address's shard, and an actor may leave only when it has taken as many messages as were ever sent to it. The next
// message then finds no actor and wakes a new one, which reads the store; the old one had no turn in flight, so all
// that it did is there.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "actors/caf.hpp"
#include "runtime/engine/message.hpp"
#include "runtime/engine/patient.hpp"

namespace baton {

struct Crowd {
  std::uint64_t instances = 0;
  std::uint64_t patients = 0;
  std::uint64_t memory = 0;  // Bytes, as the actors reported.
};

class Router {
 public:
  using Spawn = std::function<caf::actor(const Address& address)>;

  Router(Spawn spawn, std::size_t memory_budget) : spawn_(std::move(spawn)), budget_(memory_budget) {}

  // Internal messages are never refused.
  void deliver(const std::string& instance, InstanceMessage message);
  // The same, and an instance that is not busy takes its turn on the calling thread, which must be one that may be kept
  // as long as a turn can last.
  void deliver_here(caf::actor_system& system, const std::string& instance, InstanceMessage message);
  void deliver_to_patient(const std::string& patient, PatientMessage message);
  void deliver(const OutboxRecord& record);

  // From an actor that is idle: true when it is forgotten and must end; false when a message is on its way to it.
  // `taken`: how many counted messages it has taken.
  [[nodiscard]] bool try_leave(const Address& address, std::uint64_t taken);
  // After a turn: bytes the actor holds now. May ask others to make room.
  void report(const Address& address, std::size_t memory);
  // `count` messages have come to their end; backlog() is what was delivered less that.
  void settled(std::size_t count) { settled_.fetch_add(count); }

  [[nodiscard]] std::size_t backlog() const {
    const std::uint64_t settled = settled_.load();  // First: it never overtakes what was delivered.
    return delivered_.load() - settled;
  }
  // How many messages were ever delivered.
  [[nodiscard]] std::uint64_t delivered() const { return delivered_.load(); }
  [[nodiscard]] Crowd crowd() const;

  // Ends all actors; what is delivered afterwards is dropped. Their handles are released.
  void stop();

 private:
  struct Slot {
    caf::actor actor;
    std::uint64_t sent = 0;
    std::size_t memory = 0;
    bool cooled = false;       // Was asked to drop its script since it last had a message: `place` is in Shard::cooled.
    std::size_t expected = 0;  // Bytes that it was asked to give back and has not answered for.
    std::list<const Address*>::iterator place;
  };
  // An address as it is looked for, without a copy of its id.
  struct AddressView {
    ActorKind kind;
    std::string_view id;
    AddressView(ActorKind of, std::string_view named) : kind(of), id(named) {}
    AddressView(const Address& address) : kind(address.kind), id(address.id) {}  // NOLINT(google-explicit-constructor)
    bool operator==(const AddressView&) const = default;
  };
  struct AddressHash {
    using is_transparent = void;
    std::size_t operator()(const AddressView& address) const {
      return std::hash<std::string_view>{}(address.id) + static_cast<std::size_t>(address.kind);
    }
  };
  struct SameAddress {
    using is_transparent = void;
    bool operator()(const AddressView& a, const AddressView& b) const { return a == b; }
  };
  using Slots = std::unordered_map<Address, Slot, AddressHash, SameAddress>;
  struct Shard {
    std::mutex mutex;
    Slots slots;
    // Keys of `slots`, the least recently used first: those with their scripts, and those that were asked to drop them.
    std::list<const Address*> warm, cooled;
  };

  [[nodiscard]] Shard& shard_of(const AddressView& address);
  // `runner`: who runs the actor; null for CAF's own threads.
  template <typename Message>
  void send(const AddressView& address, Message message, caf::execution_unit* runner = nullptr);
  void make_room(Shard& shard);
  // Puts a slot at the end of the list where it belongs.
  void line_up(Shard& shard, Slot& slot, bool cooled);
  void answered(Slot& slot);
  void remove(Shard& shard, Slots::iterator slot);

  const Spawn spawn_;
  const std::size_t budget_;
  std::array<Shard, 16> shards_;
  std::atomic<std::uint64_t> delivered_{0};
  std::atomic<std::uint64_t> settled_{0};
  std::atomic<std::uint64_t> memory_{0};
  std::atomic<std::uint64_t> warm_memory_{0};  // Of memory_, that of slots which are not cooled.
  std::atomic<std::uint64_t> expected_{0};     // Of memory_, what was asked back and is on its way.
  std::atomic<std::uint64_t> instances_{0};
  std::atomic<std::uint64_t> patients_{0};
  std::atomic<bool> stopping_{false};
};

}  // namespace baton
