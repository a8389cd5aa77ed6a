# kilat_target(NAME): warnings as errors and the chosen sanitizers, for each target of the project.
function(kilat_target name)
  set(warnings -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wcast-align)
  set(cxx_warnings -Wpedantic -Wold-style-cast -Werror)  # not of the code that nvcc generates
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # GCC 12 warns of overlaps inside std::string that cannot be (GCC bug 105329).
    list(APPEND cxx_warnings -Wno-restrict)
  endif()
  list(JOIN warnings "," host_warnings)
  target_compile_options(${name} PRIVATE
    $<$<COMPILE_LANGUAGE:CXX>:${warnings} ${cxx_warnings}>
    "$<$<COMPILE_LANGUAGE:CUDA>:SHELL:-Xcompiler=${host_warnings} -Werror all-warnings>")
  if(KILAT_SANITIZE)
    target_compile_options(${name} PRIVATE
      $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${KILAT_SANITIZE} -fno-omit-frame-pointer>)
    target_link_options(${name} PRIVATE -fsanitize=${KILAT_SANITIZE})
    if(KILAT_SANITIZE MATCHES undefined)
      target_compile_options(${name} PRIVATE
        $<$<COMPILE_LANGUAGE:CXX>:-fno-sanitize-recover=all>)
    endif()
  endif()
endfunction()
