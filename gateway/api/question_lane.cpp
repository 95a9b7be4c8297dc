#include "gateway/api/question_lane.hpp"

#include <utility>

#include "persistence/thread_name.hpp"

namespace baton {

QuestionLane::QuestionLane() : thread_([this] { loop(); }) {}

QuestionLane::~QuestionLane() { stop(); }

void QuestionLane::run(const std::string& caller, Work work) {
  {
    const std::lock_guard lock(mutex_);
    const auto own = of_caller_.find(caller);
    const bool has_room = own == of_caller_.end() || own->second < kOfOneCaller;
    if (!stopping_ && has_room && waiting_.size() < kOfAll) {
      ++of_caller_[caller];
      waiting_.emplace_back(caller, std::move(work));
      changed_.notify_one();
      return;
    }
  }
  work(false);
}

void QuestionLane::loop() {
  name_this_thread("baton-questions");
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    auto [caller, work] = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work(true);
    work = nullptr;
    lock.lock();
    if (--of_caller_[caller] == 0) of_caller_.erase(caller);
  }
}

void QuestionLane::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopping_, true)) return;
    changed_.notify_all();
  }
  ending_.request_stop();
  thread_.join();
  for (const auto& [caller, work] : std::exchange(waiting_, {})) work(false);
}

}  // namespace baton
