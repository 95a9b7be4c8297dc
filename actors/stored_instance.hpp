// Reads an instance from the store, all that its actor needs to wake. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "persistence/store_reader.hpp"
#include "runtime/engine/instance.hpp"

namespace baton {

// To wake, an actor needs no row that says the same as the journal: it reads only what its journal says there is.
enum class RowsOf { whoever_asks, waking_actor };

// Nothing when there is no such instance. Errors: the reader's.
[[nodiscard]] Result<std::optional<StoredInstance>> read_stored_instance(const StoreReader& reader,
                                                                         const std::string& id,
                                                                         RowsOf rows = RowsOf::whoever_asks);

}  // namespace baton
