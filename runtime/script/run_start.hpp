// Where each run of a workflow begins: its module has run, ctx has its methods, nothing is yet known of the instance.
#pragma once

#include <memory>

#include "runtime/script/program.hpp"

namespace baton::script {

struct SandboxImage;

// Null when such a Sandbox cannot be made or copied: then each run loads the module for itself, and fails as it fails.
[[nodiscard]] std::shared_ptr<const SandboxImage> picture_of_start(const Program& program,
                                                                   const WorkflowDefinition& definition);

}  // namespace baton::script
