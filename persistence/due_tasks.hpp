// How much work falls due in a span of time, from the index alone.
#pragma once

#include <cstddef>
#include <string>

#include "persistence/store_reader.hpp"

namespace baton {

// Open tasks, of a role or (where it is empty) of all, that are due after `after` and at `until` at the latest; counted
// up to `most`.
[[nodiscard]] Result<std::size_t> count_tasks_due(const StoreReader& reader, const std::string& role, Instant after,
                                                  Instant until, std::size_t most);

}  // namespace baton
