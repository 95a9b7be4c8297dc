#include "gateway/auth/break_glass.hpp"

#include <utility>

namespace baton {

void BreakGlass::open(OpenGlass glass, Instant now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(open_, [&](const auto& each) { return each.second.until <= now; });
  auto key = std::pair(glass.subject, glass.patient);
  open_.insert_or_assign(std::move(key), std::move(glass));
  count_.store(open_.size(), std::memory_order_relaxed);
}

std::optional<OpenGlass> BreakGlass::find(const std::string& subject, const std::string& patient, Instant now) const {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find({subject, patient});
  if (found == open_.end() || found->second.until <= now) return std::nullopt;
  return found->second;
}

}  // namespace baton
