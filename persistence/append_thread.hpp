// A thread that makes one sealed round at a time durable, while the committer gathers the next and lets go of the one before.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "persistence/commit_log.hpp"

namespace baton {

class AppendThread {
 public:
  // Both are called on the thread: `append` with each round that was started, `landed` when it has returned.
  AppendThread(std::function<void(SealedRound)> append, std::function<void()> landed);
  // Appends what was started, then ends.
  ~AppendThread();
  AppendThread(const AppendThread&) = delete;
  AppendThread& operator=(const AppendThread&) = delete;

  // Precondition: what was started before has landed.
  void start(SealedRound round);

 private:
  void run();

  std::function<void(SealedRound)> append_;
  std::function<void()> landed_;
  std::mutex mutex_;
  std::condition_variable started_;
  std::optional<SealedRound> round_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace baton
