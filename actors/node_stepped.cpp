// The node without threads: one step at a time, in an order that the seed gives, so that a test or a simulation can be
// run again and see the same.
#include <algorithm>
#include <array>

#include "actors/node_impl.hpp"

namespace baton {

bool Node::Impl::run_one() {
  std::array<int, 4> order{0, 1, 2, 3};
  for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[random() % (i + 1)]);
  for (const int part : order) {
    const bool ran = part == 0   ? actors->run_one(random())
                     : part == 1 ? committer->run_once()
                     : part == 2 ? activities->run_one(random())
                                 : timers->run_due() + alarms->run_due() > 0;
    if (ran) return true;
  }
  return false;
}

}  // namespace baton
