#include "persistence/append_thread.hpp"

#include <utility>

#include "persistence/thread_name.hpp"
#include "runtime/base/assert.hpp"

namespace baton {

AppendThread::AppendThread(std::function<void(SealedRound)> append, std::function<void()> landed)
    : append_(std::move(append)), landed_(std::move(landed)), thread_([this] { run(); }) {}

AppendThread::~AppendThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  started_.notify_one();
  thread_.join();
}

void AppendThread::start(SealedRound round) {
  {
    const std::lock_guard lock(mutex_);
    BATON_ASSERT(!round_);
    round_ = std::move(round);
  }
  started_.notify_one();
}

void AppendThread::run() {
  name_this_thread("baton-append");
  for (;;) {
    SealedRound round;
    {
      std::unique_lock lock(mutex_);
      started_.wait(lock, [this] { return round_ || stopping_; });
      if (!round_) return;
      round = std::move(*round_);
      round_.reset();
    }
    append_(std::move(round));
    landed_();
  }
}

}  // namespace baton
