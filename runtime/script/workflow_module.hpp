// The modules that a workflow and a mapping may require beside the bundle's own: workflow, mapping, json.
#pragma once

#include <span>

#include "runtime/script/sandbox.hpp"

namespace baton::script {

[[nodiscard]] std::span<const BuiltinModule> workflow_builtins();

}  // namespace baton::script
