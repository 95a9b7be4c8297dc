// Pauses until further notice: of a workflow, a bundle, a unit, or what all that are given have in common. An instance that
// is one of those is paused in its next turn, and one that begins begins paused. Pure.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/model/records.hpp"

namespace baton {

struct StandingPause {
  std::string id;
  std::string workflow, bundle, unit;  // At least one is given.
  std::string timers;                  // As of PauseInstance.
  std::string reason;
  Principal by;

  [[nodiscard]] bool is_about(const InstanceRecord& record) const;
};

// Which pauses stand now. Implemented above; thread-safe.
class PauseSource {
 public:
  virtual ~PauseSource() = default;
  // Never null; does not change once given.
  [[nodiscard]] virtual std::shared_ptr<const std::vector<StandingPause>> standing() const = 0;
};

}  // namespace baton
