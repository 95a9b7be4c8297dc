// Whose data a request to read asks for, told by its path. Thread-safe.
#pragma once

#include <string>

#include "gateway/http/http_router.hpp"
#include "persistence/store_reader.hpp"

namespace baton {

// Of /v1/patients/{id}, /v1/instances/{id}, /v1/tasks/{id} and /v1/events/{id}, with what lies below them, and of the lists
// of cases and tasks by patient. Empty for other lists, for what is about nobody, and for what is not there.
[[nodiscard]] std::string patient_of_request(const StoreReader& reader, const RoutedRequest& request);

}  // namespace baton
