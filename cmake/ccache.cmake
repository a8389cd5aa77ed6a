# Compiles through ccache where it is installed, so that trees that differ in little share what they
# have in common (scripts/mutate): paths below the source are taken as relative, and precompiled
# headers are cached. Its files are in build/ccache, where there is a build/; or where CCACHE_DIR says.
find_program(KILAT_CCACHE ccache DOC "ccache, or empty to go without")
if(KILAT_CCACHE AND PROJECT_IS_TOP_LEVEL AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  set(folder ${PROJECT_SOURCE_DIR}/build/ccache)
  if(NOT IS_DIRECTORY ${PROJECT_SOURCE_DIR}/build)  # the sources may be read-only
    set(folder ${CMAKE_BINARY_DIR}/ccache)
  endif()
  if(DEFINED ENV{CCACHE_DIR})
    set(folder $ENV{CCACHE_DIR})
  endif()
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_DIR=${folder} CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1 CCACHE_SLOPPINESS=pch_defines,time_macros ${KILAT_CCACHE})
endif()
