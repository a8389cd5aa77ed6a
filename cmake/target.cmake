# kilat_target(NAME [COMMANDS | TESTS]): warnings as errors and the chosen sanitizers, for each target
# of the project. COMMANDS and TESTS compile soon rather than run fast: their time goes into headers
# of libraries. For the same reason no sanitizer sees the commands, and the tests have that of
# addresses but not that of undefined behaviour, which is half of their compilation; what reads
# input and counts is in the library. Null pointers and the ends of objects are left to the sanitizer
# of addresses, which finds both: a quarter of the library's compilation.
function(kilat_target name)
  set(warnings -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wcast-align)
  set(cxx_warnings -Wpedantic -Wold-style-cast -Werror)  # not of the code that nvcc generates
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # GCC 12 warns of overlaps inside std::string that cannot be (GCC bug 105329).
    list(APPEND cxx_warnings -Wno-restrict)
  endif()
  list(JOIN warnings "," host_warnings)
  # Which products and sums are fused decides the last bits: the sources say it, not the compiler.
  target_compile_options(${name} PRIVATE
    $<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off> $<$<COMPILE_LANGUAGE:CUDA>:-fmad=false>
    $<$<COMPILE_LANGUAGE:CXX>:${warnings} ${cxx_warnings}>
    "$<$<COMPILE_LANGUAGE:CUDA>:SHELL:-Xcompiler=${host_warnings} -Werror all-warnings>")
  if("TESTS" IN_LIST ARGN OR ("COMMANDS" IN_LIST ARGN AND KILAT_SANITIZE))
    target_compile_options(${name} PRIVATE -O0)
  elseif("COMMANDS" IN_LIST ARGN)
    target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
  if(KILAT_SANITIZE)
    target_link_options(${name} PRIVATE -fsanitize=${KILAT_SANITIZE})
  endif()
  set(sanitizers ${KILAT_SANITIZE})
  if("TESTS" IN_LIST ARGN)
    string(REPLACE ",undefined" "" sanitizers "${sanitizers}")
  endif()
  if(sanitizers AND NOT "COMMANDS" IN_LIST ARGN)
    target_compile_options(${name} PRIVATE
      $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${sanitizers} -fno-omit-frame-pointer>)
    if(sanitizers MATCHES undefined)
      target_compile_options(${name} PRIVATE
        $<$<COMPILE_LANGUAGE:CXX>:-fno-sanitize=null,object-size -fno-sanitize-recover=all>)
    endif()
  endif()
endfunction()
