// What a bundle declares and would never come true: a misspelt name, a pattern that no event has. Pure.
#pragma once

#include "runtime/script/program.hpp"

namespace baton::script {

// Whether all that the bundle's workflows and mappings declare can come true. Asked of what is tested or deployed anew; a bundle
// that is there already runs as it is. Error: bad_bundle, with the file.
[[nodiscard]] Status check_declarations(const Program& program);

}  // namespace baton::script
