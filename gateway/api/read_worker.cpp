#include "gateway/api/read_worker.hpp"

#include <utility>

#include "persistence/thread_name.hpp"

namespace baton {

ReadWorker::ReadWorker(std::size_t capacity) : capacity_(capacity) {
  for (std::thread& thread : threads_) thread = std::thread([this] { loop(); });
}

ReadWorker::~ReadWorker() { stop(); }

void ReadWorker::run(Work work) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && waiting_.size() < capacity_) {
      waiting_.push_back(std::move(work));
      changed_.notify_one();
      return;
    }
  }
  work(false);
}

void ReadWorker::loop() {
  name_this_thread("baton-reads");
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    const Work work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work(true);
    lock.lock();
  }
}

void ReadWorker::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    changed_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  for (const Work& work : std::exchange(waiting_, {})) work(false);
}

}  // namespace baton
