// What somebody has to know of a patient before they decide, in one answer: how sure it is who this is, allergies, what was
// ordered and is not there yet, what happened lately. Read from the events of the patient's timeline, each with its age.
#pragma once

#include "persistence/store_reader.hpp"
#include "runtime/base/json_text.hpp"

namespace baton {

// Looks back over at most this many events.
inline constexpr std::size_t kSummaryEvents = 300;

// {"identity":..,"allergies"?:..,"pending_orders":[..],"recent":[..],"events","looked_back"}; schema PatientSummary.
// Error: not_found.
[[nodiscard]] Result<JsonText> patient_summary_json(const StoreReader& reader, std::string_view patient);

}  // namespace baton
