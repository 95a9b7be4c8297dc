# What was compiled before is taken from ccache, where that is installed: by the contents of all that was included, and never by the
# preprocessed text alone ("depend mode"). A change of a comment does not show in that text; g++ knows a header again by its contents,
# and would read twice what an old precompiled header has in it (tests/style/compiler_cache_test.py).
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The namespace leaves out what was kept before that was so. Without the sloppiness ccache keeps nothing that uses precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_DEPEND=1 CCACHE_NAMESPACE=baton-by-contents
      CCACHE_SLOPPINESS=pch_defines,time_macros "${CCACHE_PROGRAM}")
  set(CMAKE_C_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()
