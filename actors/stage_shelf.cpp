#include "actors/stage_shelf.hpp"

#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace baton {

namespace {

constexpr std::size_t kStages = 64;  // Of one workflow; 60 KB each.

class LockedShelf final : public StageShelf {
 public:
  std::shared_ptr<script::Stage> take(const WorkflowDefinition& workflow) override {
    const std::lock_guard lock(mutex_);
    auto& stages = stages_[&workflow];
    if (stages.empty()) return nullptr;
    std::shared_ptr<script::Stage> stage = std::move(stages.back());
    stages.pop_back();
    return stage;
  }

  void leave(const WorkflowDefinition& workflow, std::shared_ptr<script::Stage> stage) override {
    const std::lock_guard lock(mutex_);
    auto& stages = stages_[&workflow];
    if (stages.size() < kStages) stages.push_back(std::move(stage));
  }

 private:
  std::mutex mutex_;
  std::unordered_map<const WorkflowDefinition*, std::vector<std::shared_ptr<script::Stage>>> stages_;
};

}  // namespace

std::unique_ptr<StageShelf> make_stage_shelf() { return std::make_unique<LockedShelf>(); }

}  // namespace baton
