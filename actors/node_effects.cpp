// What a durable turn sets going. All of it runs on the committer's thread and hands over: nothing here waits.
#include "actors/node_impl.hpp"

namespace baton {

void Node::Impl::settle(const Consumed& consumed) {
  for (const Consumed::Attempt& attempt : consumed.attempts) activities->settle(attempt);
  for (const TimerRecord& timer : consumed.timers) timers->settle(timer);
  if (consumed.messages > 0) router->settled(consumed.messages);
}

void Node::Impl::release(Effect effect) {
  if (auto* dispatch = std::get_if<DispatchActivity>(&effect)) {
    activities->dispatch(std::move(dispatch->pending));
  } else if (const auto* cancel = std::get_if<CancelActivity>(&effect)) {
    activities->cancel(cancel->instance, cancel->seq);
  } else if (const auto* deliver = std::get_if<DeliverOutbox>(&effect)) {
    router->deliver(deliver->record);
  } else if (const auto* arm = std::get_if<ArmTimer>(&effect)) {
    timers->armed(arm->due);
  } else {
    const Notify& change = std::get<Notify>(effect);
    if (change.topic == "instance") schedules->instance_changed(change.id);
    views.tell(change);
  }
}

}  // namespace baton
