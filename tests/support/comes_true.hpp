// For what comes by itself in a moment: a test asks until it is there, and takes no number of questions for a time.
#pragma once

#include <chrono>
#include <thread>

namespace baton::test {

// Asks again and again. False when it is still not so after a minute, which is more than any machine needs.
template <typename Question>
[[nodiscard]] bool comes_true(const Question& is_so) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace baton::test
