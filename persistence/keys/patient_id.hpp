// What may be a patient's id, for requests that would begin something under it. Pure.
#pragma once

#include <string_view>

#include "runtime/base/result.hpp"

namespace baton {

// A pseudonym is none: a person's rows are found by it, and would have another id from then on. Error: bad_field.
[[nodiscard]] Status check_patient_id(std::string_view id);

}  // namespace baton
