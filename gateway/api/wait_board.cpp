#include "gateway/api/wait_board.hpp"

#include <vector>

namespace baton {

WaitBoard::WaitBoard(Node& node, IoLoop& loop) : node_(node), loop_(loop) {
  subscription_ = node_.subscribe([this](const Notify& change) { tell(change); });
}

WaitBoard::~WaitBoard() { stop(); }

void WaitBoard::wait(std::string instance, Duration at_most, Ended ended) {
  auto wait = std::make_shared<Wait>();
  wait->instance = std::move(instance);
  wait->ended = std::move(ended);
  {
    const std::lock_guard lock(mutex_);
    waits_.emplace(wait->instance, wait);
    count_.store(waits_.size());
  }
  loop_.dispatch([this, wait, at_most] {
    wait->timer = loop_.after(at_most, [this, wait] { look(wait, true); });
    look(wait, false);  // It may have ended before anybody listened.
  });
}

// On a thread of the node.
void WaitBoard::tell(const Notify& change) {
  if (count_.load() == 0 || change.topic != "instance") return;
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = waits_.equal_range(change.id);
  for (auto found = begin; found != end; ++found) {
    loop_.post([this, wait = found->second] { look(wait, false); });
  }
}

void WaitBoard::look(const std::shared_ptr<Wait>& wait, bool time_is_up) {
  if (wait->done.load()) return;
  auto record = node_.reader().instance(wait->instance);
  const bool open = record.ok() && *record && (*record)->open();
  if (open && !time_is_up) return;
  if (wait->done.exchange(true)) return;
  loop_.cancel(wait->timer);
  {
    const std::lock_guard lock(mutex_);
    const auto [begin, end] = waits_.equal_range(wait->instance);
    for (auto found = begin; found != end; ++found) {
      if (found->second != wait) continue;
      waits_.erase(found);
      break;
    }
    count_.store(waits_.size());
  }
  wait->ended(std::move(record));
}

void WaitBoard::stop() {
  if (subscription_ != 0) node_.unsubscribe(std::exchange(subscription_, 0));
  std::vector<std::shared_ptr<Wait>> left;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [instance, wait] : waits_) left.push_back(wait);
  }
  for (const auto& wait : left) look(wait, true);
}

}  // namespace baton
