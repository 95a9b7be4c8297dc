// The threads that read the store for listings and histories, beside the sockets' thread: two, so that a long listing
// does not hold up a short one. Bounded: what comes when too much waits is refused at once. Thread-safe.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace baton {

class ReadWorker {
 public:
  // `ok` is false when the work was refused, or dropped because the worker ends.
  using Work = std::function<void(bool ok)>;

  explicit ReadWorker(std::size_t capacity = 1024);
  ~ReadWorker();
  ReadWorker(const ReadWorker&) = delete;
  ReadWorker& operator=(const ReadWorker&) = delete;

  void run(Work work);
  // Ends the threads; what waits is dropped. Idempotent.
  void stop();

 private:
  void loop();

  const std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Work> waiting_;
  bool stopping_ = false;
  std::array<std::thread, 2> threads_;
};

}  // namespace baton
