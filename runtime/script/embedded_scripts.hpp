// The standard library and the shipped bundle under workflows-lua/ as they were when this was built. Pure data; written by cmake/EmbedScripts.cmake.
#pragma once

#include <string_view>
#include <vector>

namespace baton::script {

struct EmbeddedScript {
  std::string_view path;  // Below workflows-lua/: "lib/hl7.lua", "handoffs/workflows/discharge.lua".
  std::string_view content;
};

[[nodiscard]] const std::vector<EmbeddedScript>& embedded_scripts();

}  // namespace baton::script
