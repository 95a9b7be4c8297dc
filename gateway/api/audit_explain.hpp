// Why was this case decided so: the decisions of an instance's journal with where and on what they were made.
#pragma once

#include <string>

#include "gateway/api/recorded_read.hpp"

namespace baton {

// {"id","workflow","patient","status","bundle","decisions":[{"at","entry","kind","step","line","bundle","by","decision",
// "before","reason_code","reason","evidence","record"}]}. `kind` is decision, override or task; `record` is the index of the audit
// record that binds the entry. Error not_found.
[[nodiscard]] Result<PatientData> explain_instance(const StoreReader& reader, const std::string& id);

}  // namespace baton
