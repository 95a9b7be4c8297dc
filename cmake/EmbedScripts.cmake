# baton_embed_scripts(TARGET): builds the standard library and the shipped bundle under workflows-lua/ into TARGET, as the data behind
# runtime/script/standard_library.hpp. A change of a script runs CMake again by itself.
function(baton_embed_scripts target)
  set(root "${CMAKE_SOURCE_DIR}/workflows-lua")
  set(output "${CMAKE_BINARY_DIR}/generated/embedded_scripts.cpp")
  file(GLOB_RECURSE paths CONFIGURE_DEPENDS RELATIVE "${root}" "${root}/lib/*.lua" "${root}/testing/*.lua"
       "${root}/calendars/*.json" "${root}/activities/*.lua"
       "${root}/handoffs/*.lua" "${root}/handoffs/*.json")
  list(SORT paths)

  set(text "// Made by cmake/EmbedScripts.cmake from workflows-lua/.\n#include \"runtime/script/embedded_scripts.hpp\"\n\n")
  string(APPEND text "namespace baton::script {\n\nconst std::vector<EmbeddedScript>& embedded_scripts() {\n"
                     "  static const std::vector<EmbeddedScript> kScripts = {\n")
  foreach(path IN LISTS paths)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${root}/${path}")
    file(READ "${root}/${path}" content)
    string(APPEND text "      {\"${path}\", R\"baton_script(${content})baton_script\"},\n")
  endforeach()
  string(APPEND text "  };\n  return kScripts;\n}\n\n}  // namespace baton::script\n")

  # Written only when it differs, so that nothing is compiled again without need.
  set(before "")
  if(EXISTS "${output}")
    file(READ "${output}" before)
  endif()
  if(NOT before STREQUAL text)
    file(WRITE "${output}" "${text}")
  endif()
  target_sources(${target} PRIVATE "${output}")
endfunction()
