# kilat_target(NAME): warnings as errors and the chosen sanitizers, for each target of the project.
function(kilat_target name)
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                                         -Wcast-align -Wold-style-cast -Werror)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # GCC 12 warns of overlaps inside std::string that cannot be (GCC bug 105329).
    target_compile_options(${name} PRIVATE -Wno-restrict)
  endif()
  if(KILAT_SANITIZE)
    target_compile_options(${name} PRIVATE -fsanitize=${KILAT_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(${name} PRIVATE -fsanitize=${KILAT_SANITIZE})
    if(KILAT_SANITIZE MATCHES undefined)
      target_compile_options(${name} PRIVATE -fno-sanitize-recover=all)
    endif()
  endif()
endfunction()
