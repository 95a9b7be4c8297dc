# baton_box(NAME DIR LIBS...): one static library made of every .cpp below DIR. Includes are written from the
# root ("runtime/engine/turn.hpp"); what a box may link is all that it may include.
function(baton_box name dir)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${dir}/*.cpp")
  if(sources)
    add_library(${name} STATIC ${sources})
    set(scope PUBLIC)
    target_compile_options(${name} PRIVATE ${BATON_WARNINGS})
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${name} ${scope} "${CMAKE_SOURCE_DIR}")
  target_link_libraries(${name} ${scope} ${ARGN})
endfunction()

set(BATON_WARNINGS -Wall -Wextra -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
                   -Wno-missing-field-initializers
                   -Wno-maybe-uninitialized)  # g++ 12 reports moved-from variants that it cannot follow.
