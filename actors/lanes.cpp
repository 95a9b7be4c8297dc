#include "actors/lanes.hpp"

namespace baton {

namespace {

LaneActor::behavior_type lane(LaneActor::pointer) {
  return {[](RunInLane& run) { run.work(); }};
}

}  // namespace

void Lanes::post(std::string_view key, std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  LaneActor& actor = lanes_[std::hash<std::string_view>{}(key) % lanes_.size()];
  if (!actor) actor = system_.spawn(lane);
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
