// The thread on which auditors' questions in SQL run, one after the other: they take as long as they may, and nobody's
// listings wait for them. Each caller may have few at a time, so that one does not keep out the others. Thread-safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace baton {

class QuestionLane {
 public:
  // `ok` is false when the question was refused, or dropped because the lane ends.
  using Work = std::function<void(bool ok)>;

  QuestionLane();
  ~QuestionLane();
  QuestionLane(const QuestionLane&) = delete;
  QuestionLane& operator=(const QuestionLane&) = delete;

  void run(const std::string& caller, Work work);
  // Asks the question that runs to end, and ends the thread behind it; what waits is dropped. Idempotent.
  void stop();
  // What `stop` asks of the question that runs.
  [[nodiscard]] std::stop_token ending() const { return ending_.get_token(); }

  static constexpr std::size_t kOfOneCaller = 2;  // One that runs and one that waits.
  static constexpr std::size_t kOfAll = 32;

 private:
  void loop();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<std::string, Work>> waiting_;
  std::map<std::string, std::size_t> of_caller_;  // Those that run or wait.
  bool stopping_ = false;
  std::stop_source ending_;
  std::thread thread_;
};

}  // namespace baton
