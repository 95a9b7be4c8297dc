// What a durable turn sets going. All of it runs on the committer's thread and hands over: nothing here waits.
#include <utility>

#include "actors/node_impl.hpp"

#include <algorithm>

#include "actors/log.hpp"

namespace baton {

namespace {

constexpr std::size_t kLongestLine = 2'000;

// A script's text must not look like lines of ours.
void write_script_log(const WriteLog& line) {
  std::string text = line.text.substr(0, kLongestLine);
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  log::write(log::level_named(line.level), "instance {} says {}", fmt::make_format_args(line.instance, text));
}

}  // namespace

void Node::Impl::add_riders(Turn& turn) {
  if (!replies.has_riders()) return;
  std::vector<Change> rows;
  for (const Reply& reply : turn.replies()) {
    if (!reply.answer.ok()) continue;
    for (Change& row : replies.rows_with(reply.reply_to, *reply.answer)) rows.push_back(std::move(row));
  }
  for (Change& row : rows) turn.add(std::move(row));
}

void Node::Impl::get_ready_for(const Turn& turn) {
  const bool dispatches = std::ranges::any_of(
      turn.effects(), [](const Effect& effect) { return std::holds_alternative<DispatchActivity>(effect); });
  if (dispatches) activities->get_ready();
}

// Activities begin, who waits for the end of an instance hears of it, and callers who look no further have their answers. Of
// what the pool is told all of the turn or nothing, in its order: an effect may start the next attempt of what the turn has
// settled.
void Node::Impl::hurry(Consumed& consumed, Turn& turn) {
  std::vector<ActivityOrder> urgent(consumed.attempts.begin(), consumed.attempts.end());
  const auto for_pool = [](const Effect& effect) {
    return std::holds_alternative<DispatchActivity>(effect) || std::holds_alternative<CancelActivity>(effect);
  };
  for (const Effect& effect : turn.effects()) {
    if (const auto* dispatch = std::get_if<DispatchActivity>(&effect)) urgent.emplace_back(*dispatch);
    if (const auto* cancel = std::get_if<CancelActivity>(&effect)) urgent.emplace_back(*cancel);
  }
  if (!urgent.empty() && activities->try_take(urgent)) {
    consumed.attempts.clear();
    std::erase_if(turn.effects(), for_pool);
  }
  for (const Effect& effect : turn.effects()) {
    const auto* change = std::get_if<Notify>(&effect);
    if (change != nullptr && change->instance && !(*change->instance)->open()) views.tell_early(*change);
  }
  replies.give_early(turn.replies());
}

void Node::Impl::settle(const Consumed& consumed) {
  if (!consumed.attempts.empty()) {
    activities->take(std::vector<ActivityOrder>(consumed.attempts.begin(), consumed.attempts.end()));
  }
  for (const TimerRecord& timer : consumed.timers) timers->settle(timer);
  if (consumed.messages > 0) router->settled(consumed.messages);
  // The rows are in the store still.
  if (consumed.deliveries > 0) outbox->settled(consumed.deliveries, {});
}

void Node::Impl::release(const Consumed& consumed, std::vector<Effect> effects, std::vector<Reply> given) {
  // Settling comes first: an effect may start the next attempt of what this turn has settled.
  orders.insert(orders.end(), consumed.attempts.begin(), consumed.attempts.end());
  for (const TimerRecord& timer : consumed.timers) timers->settle(timer);
  for (Effect& effect : effects) release(std::move(effect));
  replies.give(std::move(given));
  messages_of_round += consumed.messages;
  deliveries_of_round += consumed.deliveries;
  rows_of_round.insert(rows_of_round.end(), consumed.rows.begin(), consumed.rows.end());
}

void Node::Impl::release(Effect effect) {
  if (auto* dispatch = std::get_if<DispatchActivity>(&effect)) {
    orders.emplace_back(std::move(*dispatch));
  } else if (auto* cancel = std::get_if<CancelActivity>(&effect)) {
    orders.emplace_back(std::move(*cancel));
  } else if (const auto* deliver = std::get_if<DeliverOutbox>(&effect)) {
    outbox->deliver(deliver->record);
  } else if (const auto* arm = std::get_if<ArmTimer>(&effect)) {
    timers->armed(arm->due);
  } else if (const auto* line = std::get_if<WriteLog>(&effect)) {
    options.script_log ? options.script_log(*line) : write_script_log(*line);
  } else {
    const Notify& change = std::get<Notify>(effect);
    if (change.topic == "instance") schedules->instance_changed(change.id);
    views.tell(change);
  }
}

// The pool's lock is taken, and a worker woken, once a round rather than once a turn. The messages come last: what they led
// to must be on its way before they stop counting as work.
void Node::Impl::after_round() {
  signer->grown();
  if (!orders.empty()) activities->take(std::exchange(orders, {}));
  if (messages_of_round > 0) router->settled(std::exchange(messages_of_round, 0));
  if (!rows_of_round.empty()) outbox->settled(std::exchange(deliveries_of_round, 0), std::exchange(rows_of_round, {}));
}

}  // namespace baton
