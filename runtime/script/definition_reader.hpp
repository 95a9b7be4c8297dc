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

// Whether all that the bundle's workflows and mappings declare can come true: no misspelt name, no pattern that no event has.
// Asked of what is tested or deployed anew; a bundle that is there already runs as it is. Error: bad_bundle, with the file.
[[nodiscard]] Status check_declarations(const Program& program);

}  // namespace baton::script
