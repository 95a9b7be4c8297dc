# baton_box(NAME DIR LIBS...): one static library made of every .cpp below DIR. Includes are written from the
# root ("runtime/engine/turn.hpp"); what a box may link is all that it may include.
function(baton_box name dir)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${dir}/*.cpp")
  if(sources)
    add_library(${name} STATIC ${sources})
    set(scope PUBLIC)
    target_compile_options(${name} PRIVATE ${BATON_WARNINGS})
    baton_compile_together(${name} 10)
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${name} ${scope} "${CMAKE_SOURCE_DIR}")
  target_link_libraries(${name} ${scope} ${ARGN})
endfunction()

# Several files of a box are compiled as one: half of the time goes into what they all include, and into what its templates become. So a
# name in an unnamed namespace means one thing in the whole box. A file still includes what it uses: the presets of the sanitizers
# compile each by itself (docs/decisions/compile-time.md).
option(BATON_COMPILE_TOGETHER "Compile several files of a box as one" ON)
function(baton_compile_together target files)
  if(BATON_COMPILE_TOGETHER)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${files})
    # Of a class in a source file, which g++ now takes for a header: it may have members of types of an unnamed namespace.
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  endif()
endfunction()

# baton_precompile(TARGET HEADERS...): headers that most files of a target begin with are read once for all of them. Of Baton's own only
# those that seldom change: whoever changes one compiles the whole target. A file still includes what it uses (the presets of the
# sanitizers build without). CMake does not see that this list has changed: delete the cmake_pch.hxx.gch of the target then.
function(baton_precompile target)
  target_precompile_headers(${target} PRIVATE ${ARGN})
  baton_uses_precompiled(${target})
endfunction()

# The same of a target whose compiler is called in the same way as that of `other`: it takes what that one has read.
function(baton_precompile_as target other)
  target_precompile_headers(${target} REUSE_FROM ${other})
  baton_uses_precompiled(${target})
endfunction()

function(baton_uses_precompiled target)
  target_compile_options(${target} PRIVATE -fpch-preprocess)  # For ccache.
  # g++ 12 takes what it has read before for Baton's own code, and is wrong about bounds within std::string.
  target_compile_options(${target} PRIVATE -Wno-array-bounds -Wno-stringop-overread -Wno-stringop-overflow -Wno-restrict)
endfunction()

set(BATON_WARNINGS -Wall -Wextra -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
                   -Wno-missing-field-initializers
                   -Wno-maybe-uninitialized)  # g++ 12 reports moved-from variants that it cannot follow.
