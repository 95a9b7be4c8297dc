// What an instance actor is about: the instance, read from the store when a message first needs it. Owned by one actor.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/commit_path.hpp"
#include "persistence/store_reader.hpp"
#include "runtime/engine/instance.hpp"

namespace baton {

class InstanceSubject {
 public:
  using Message = InstanceMessage;

  // Borrows all three.
  InstanceSubject(std::string id, const StoreReader& reader, const ProgramSource& programs, const PauseSource& pauses);

  // Throws when the store cannot be read.
  [[nodiscard]] Handled handle(std::vector<InstanceMessage> messages, Instant now);
  void forget() { instance_.reset(); }
  void cool_down();
  [[nodiscard]] std::size_t memory() const;
  // Nothing more is expected: it is closed, or does not exist.
  [[nodiscard]] bool over() const { return instance_ && (!instance_->exists() || instance_->closed()); }
  [[nodiscard]] std::string name() const { return "instance " + id_; }
  void add_consumed(Consumed& consumed, const InstanceMessage& message) const;

 private:
  void wake();

  std::string id_;
  const StoreReader& reader_;
  const ProgramSource& programs_;
  const PauseSource& pauses_;
  std::optional<Instance> instance_;
};

[[nodiscard]] std::uint64_t reply_to_of(const InstanceMessage& message);
void set_reply_to(InstanceMessage& message, std::uint64_t token);

}  // namespace baton
