// Where each run of a workflow begins: its module has run, ctx has its methods, nothing is yet known of the instance.
#pragma once

#include <memory>

#include "runtime/script/program.hpp"
#include "runtime/script/sandbox.hpp"

namespace baton::script {

// Runs the workflow's module, and keeps what it returns for push_definition(). The same whichever instance it is for.
// Never raises. Errors: as Sandbox::load and call.
[[nodiscard]] Status load_definition(Sandbox& sandbox, const Program& program, const WorkflowDefinition& definition);

// Pushes what the module returned; nil before load_definition().
void push_definition(lua_State* state);

// A picture of a Sandbox that stands there. Null when such a Sandbox cannot be made or copied: then each run loads the
// module for itself, and fails as it fails.
[[nodiscard]] std::shared_ptr<const SandboxImage> picture_of_start(const Program& program,
                                                                   const WorkflowDefinition& definition);

}  // namespace baton::script
