#include "actors/lanes.hpp"

namespace baton {

namespace {

// The number says nothing: CAF 0.17.6 goes through a null pointer to start an actor that has no arguments;
// UndefinedBehaviorSanitizer found it.
LaneActor::behavior_type lane(LaneActor::pointer, std::size_t) {
  return {[](RunInLane& run) { run.work(); }};
}

}  // namespace

void Lanes::post(std::string_view key, std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  const std::size_t number = std::hash<std::string_view>{}(key) % lanes_.size();
  LaneActor& actor = lanes_[number];
  if (!actor) actor = system_.spawn(lane, number);
  caf::anon_send(actor, RunInLane{std::move(work)});
}

void Lanes::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  for (LaneActor& actor : lanes_) {
    if (actor) caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    actor = nullptr;
  }
}

}  // namespace baton
