// Reads what a bundle's files declare, by running each in a throw-away sandbox. Pure.
#pragma once

#include <string>
#include <vector>

#include "runtime/script/program.hpp"

namespace baton::script {

// Errors: script_error with the line; bad_bundle naming the field of define{...} that is wrong.
[[nodiscard]] Result<WorkflowDefinition> read_workflow_definition(const Program& program, const std::string& path);
[[nodiscard]] Result<MappingDefinition> read_mapping_definition(const Program& program, const std::string& path);
// The names of the functions in the table that an activities file returns.
[[nodiscard]] Result<std::vector<std::string>> read_activity_names(const Program& program, const std::string& path);

}  // namespace baton::script
