// Rows whose change is on its way to the disk. Whoever changes a row decides on what the store says; until the last change is
// there, everybody else who would decide on that row waits here, in order. Belongs to one lane and is not thread-safe.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace baton {

class RowsInFlight {
 public:
  using Work = std::function<void()>;

  // Runs `work` now, or after the change of `row` that is on its way.
  void when_there(const std::string& row, Work work) {
    const auto found = waiting_.find(row);
    if (found == waiting_.end()) return work();
    found->second.push_back(std::move(work));
  }
  // Somebody has decided on a change of `row`, which nobody else changes now.
  void leave(const std::string& row) { waiting_.try_emplace(row); }
  // The change is there: runs `then`, and after it those that waited, until one of them changes the row anew.
  void arrive(const std::string& row, const Work& then) {
    const auto found = waiting_.find(row);
    std::vector<Work> waited;
    if (found != waiting_.end()) {
      waited = std::move(found->second);
      waiting_.erase(found);
    }
    if (then) then();
    for (Work& work : waited) when_there(row, std::move(work));
  }

 private:
  std::map<std::string, std::vector<Work>> waiting_;
};

}  // namespace baton
