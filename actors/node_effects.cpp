// What a durable turn sets going. All of it runs on the committer's thread and hands over: nothing here waits.
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
  const auto level = line.level == "debug"   ? spdlog::level::debug
                     : line.level == "warn"  ? spdlog::level::warn
                     : line.level == "error" ? spdlog::level::err
                                             : spdlog::level::info;
  spdlog::log(level, "instance {} says {}", line.instance, text);
}

}  // namespace

void Node::Impl::settle(const Consumed& consumed) {
  signer->grown();
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
  } else if (const auto* line = std::get_if<WriteLog>(&effect)) {
    options.script_log ? options.script_log(*line) : write_script_log(*line);
  } else {
    const Notify& change = std::get<Notify>(effect);
    if (change.topic == "instance") schedules->instance_changed(change.id);
    views.tell(change);
  }
}

}  // namespace baton
