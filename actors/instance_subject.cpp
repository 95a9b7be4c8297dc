#include "actors/instance_subject.hpp"

#include <stdexcept>
#include <utility>

#include "actors/stored_instance.hpp"

namespace baton {

InstanceSubject::InstanceSubject(std::string id, const StoreReader& reader, const ProgramSource& programs,
                                 const PauseSource& pauses)
    : id_(std::move(id)), reader_(reader), programs_(programs), pauses_(pauses) {}

void InstanceSubject::wake() {
  auto stored = read_stored_instance(reader_, id_, RowsOf::waking_actor);
  if (!stored.ok() && stored.error().code == ErrorCode::erased) {
    // A case that ended, whose person was erased: it answers as every closed one, and there is nothing else to say.
    StoredInstance gone;
    gone.record.id = id_;
    gone.record.status = InstanceStatus::completed;
    instance_.emplace(std::move(gone), programs_);
    return;
  }
  if (!stored.ok()) throw std::runtime_error(to_string(stored.error()));
  if (stored->has_value()) {
    instance_.emplace(std::move(**stored), programs_, &pauses_);
  } else {
    instance_.emplace(id_, programs_, &pauses_);
  }
}

Handled InstanceSubject::handle(std::vector<InstanceMessage> messages, Instant now) {
  if (!instance_) wake();
  return instance_->handle(std::move(messages), now);
}

void InstanceSubject::cool_down() {
  if (instance_) instance_->cool_down();
}

std::size_t InstanceSubject::memory() const { return instance_ ? instance_->memory() : 0; }

std::uint64_t reply_to_of(const InstanceMessage& message) {
  return std::visit(
      [](const auto& body) -> std::uint64_t {
        if constexpr (requires { body.reply_to; }) {
          return body.reply_to;
        } else {
          return 0;
        }
      },
      message);
}

void set_reply_to(InstanceMessage& message, std::uint64_t token) {
  std::visit(
      [token](auto& body) {
        if constexpr (requires { body.reply_to; }) body.reply_to = token;
      },
      message);
}

void InstanceSubject::add_consumed(Consumed& consumed, const InstanceMessage& message) const {
  if (const auto* fired = std::get_if<FireTimer>(&message)) {
    consumed.timers.push_back(fired->timer);
  } else if (const auto* finished = std::get_if<FinishActivity>(&message)) {
    consumed.attempts.push_back({id_, finished->seq, finished->attempt});
  } else if (const auto* delivery = std::get_if<TakeDelivery>(&message)) {
    consumed.add_delivery(delivery->record);
  }
}

}  // namespace baton
