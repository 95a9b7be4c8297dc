// The shelf of a bundle that a node runs (runtime/script/stage_shelf.hpp): some stages for each workflow, the last left
// first taken, since its memory is still in the processor's caches.
#pragma once

#include "runtime/script/stage_shelf.hpp"

namespace baton {

[[nodiscard]] std::unique_ptr<StageShelf> make_stage_shelf();

}  // namespace baton
