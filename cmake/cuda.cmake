# Decides KILAT_HAS_CUDA from KILAT_CUDA: finds an nvcc that works, enables the language and finds
# the libraries of that same toolkit. Without one, AUTO says in a line why; ON fails.
set(KILAT_HAS_CUDA FALSE)

if(NOT KILAT_CUDA MATCHES "^(AUTO|ON|OFF)$")
  message(FATAL_ERROR "KILAT_CUDA is \"${KILAT_CUDA}\"; it must be AUTO, ON or OFF")
elseif(KILAT_CUDA STREQUAL "OFF")
  return()
endif()

# Sets RESULT to what is wrong with the nvcc at PATH, or to nothing. The probe holds all that a
# build needs of a toolkit: enabling the language with less would end the configuration.
function(kilat_try_nvcc path result)
  set(minimum 12.8)  # the first to know sm_100 and sm_120
  set(${result} "" PARENT_SCOPE)
  execute_process(COMMAND ${path} --version OUTPUT_VARIABLE version ERROR_QUIET)
  if(NOT version MATCHES "Cuda compilation tools.* V([0-9.]+)")
    set(${result} "${path} is not NVIDIA's nvcc" PARENT_SCOPE)
    return()
  elseif(CMAKE_MATCH_1 VERSION_LESS minimum)
    set(${result} "${path} is ${CMAKE_MATCH_1}, older than ${minimum}" PARENT_SCOPE)
    return()
  elseif(KILAT_NVCC_TRIED STREQUAL "${path} ${CMAKE_MATCH_1}")
    return()
  endif()
  set(tried "${path} ${CMAKE_MATCH_1}")
  set(probe ${CMAKE_BINARY_DIR}/CMakeFiles/cuda_probe)
  file(WRITE ${probe}.cu [[
#include <concepts>
#include <cub/version.cuh>
#include <cublasLt.h>
#include <cublas_v2.h>
#include <nvtx3/nvToolsExt.h>
template <std::floating_point T> __global__ void set(T* x) { *x = T(1); }
int main() { set<<<1, 1>>>(static_cast<float*>(nullptr)); }
]])
  execute_process(
    COMMAND ${path} -std=c++20 -ccbin ${CMAKE_CUDA_HOST_COMPILER} ${probe}.cu -o ${probe}
            -lcublas -lcublasLt
    RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(failed)
    file(WRITE ${probe}.log "${output}")
    string(REGEX MATCH "[^\n]*(error|fatal|cannot|not found)[^\n]*" error "${output}")
    string(REPLACE ";" "," error "${error}")  # the reason becomes an item of a list
    set(${result} "${path} cannot build a kernel with cuBLAS (${error}, see ${probe}.log)"
        PARENT_SCOPE)
  else()
    set(KILAT_NVCC_TRIED ${tried} CACHE INTERNAL "The nvcc that built the probe")
  endif()
endfunction()

# Sets NVCC to the first nvcc that works, or to nothing and NVCC_MISSING to the reason. One chosen
# by name, or by an earlier configuration, is the only candidate.
function(kilat_find_nvcc)
  if(CMAKE_CUDA_COMPILER)
    set(candidates ${CMAKE_CUDA_COMPILER})
    set(missing "there is no ${candidates}")
  elseif(NOT "$ENV{CUDACXX}" STREQUAL "")
    separate_arguments(candidates UNIX_COMMAND "$ENV{CUDACXX}")
    list(GET candidates 0 candidates)
    set(missing "there is no ${candidates}, which CUDACXX names")
  else()
    set(candidates nvcc /usr/local/cuda/bin/nvcc ${PROJECT_SOURCE_DIR}/build/toolkit/bin/nvcc)
    set(missing "there is no nvcc on PATH, in /usr/local/cuda/bin or in build/toolkit/bin")
  endif()
  set(paths)
  foreach(candidate IN LISTS candidates)
    unset(path)
    find_program(path ${candidate} PATHS ENV PATH NO_DEFAULT_PATH NO_CACHE)
    if(path)
      list(APPEND paths ${path})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES paths)
  set(reasons)
  foreach(path IN LISTS paths)
    kilat_try_nvcc(${path} reason)
    if(NOT reason)
      set(NVCC ${path} PARENT_SCOPE)
      return()
    endif()
    list(APPEND reasons "${reason}")
  endforeach()
  if(NOT reasons)
    set(reasons "${missing}")
  endif()
  list(JOIN reasons ", " reasons)
  set(NVCC "" PARENT_SCOPE)
  set(NVCC_MISSING "${reasons}" PARENT_SCOPE)
endfunction()

# Sets CMAKE_CUDA_ARCHITECTURES to the GPUs here that NVCC can compile for, or without any to 90:
# its machine code, and the PTX that later GPUs compile. Nothing below 75, which the kernels need.
function(kilat_choose_architectures)
  execute_process(COMMAND ${NVCC} --list-gpu-code OUTPUT_VARIABLE known ERROR_QUIET)
  find_program(smi nvidia-smi PATHS /usr/lib/wsl/lib NO_CACHE)
  set(capabilities "")
  if(smi)
    execute_process(COMMAND ${smi} --query-gpu=compute_cap --format=csv,noheader
                    TIMEOUT 30 OUTPUT_VARIABLE capabilities ERROR_QUIET)
  endif()
  string(REGEX MATCHALL "[0-9]+\\.[0-9]" capabilities "${capabilities}")
  set(architectures)
  foreach(capability IN LISTS capabilities)
    string(REPLACE "." "" architecture ${capability})
    if(architecture GREATER_EQUAL 75 AND known MATCHES "sm_${architecture}\n")
      list(APPEND architectures ${architecture})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES architectures)
  if(NOT architectures)
    set(architectures 90)
  endif()
  set(CMAKE_CUDA_ARCHITECTURES ${architectures} PARENT_SCOPE)
endfunction()

# One host compiler for .cpp and .cu.
if(NOT CMAKE_CUDA_HOST_COMPILER)
  set(CMAKE_CUDA_HOST_COMPILER ${CMAKE_CXX_COMPILER})
  if(NOT "$ENV{CUDAHOSTCXX}" STREQUAL "")
    set(CMAKE_CUDA_HOST_COMPILER $ENV{CUDAHOSTCXX})
  endif()
endif()

kilat_find_nvcc()
if(NOT NVCC AND KILAT_CUDA STREQUAL "ON")
  message(FATAL_ERROR "KILAT_CUDA is ON, but ${NVCC_MISSING}.\n"
    "scripts/setup --cuda brings CUDA into build/toolkit; CMAKE_CUDA_COMPILER chooses another "
    "nvcc; cmake --fresh forgets one chosen earlier.")
elseif(NOT NVCC)
  message(STATUS "CUDA: going without, as ${NVCC_MISSING}; scripts/setup --cuda brings it")
  return()
endif()

if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES AND "$ENV{CUDAARCHS}" STREQUAL "")
  kilat_choose_architectures()
endif()
if(NOT CMAKE_CUDA_COMPILER AND "$ENV{CUDACXX}" STREQUAL "")
  set(CMAKE_CUDA_COMPILER ${NVCC} CACHE FILEPATH "nvcc")
endif()
enable_language(CUDA)
if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # CMake before 3.26 does not know that nvcc has it
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
  set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
endif()
set(CMAKE_CUDA_STANDARD 20)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
set(CMAKE_CUDA_EXTENSIONS OFF)

# The root is searched before all else, so that no other installation's libraries are mixed in.
set(CUDAToolkit_ROOT ${CMAKE_CUDA_COMPILER_TOOLKIT_ROOT})
find_package(CUDAToolkit REQUIRED)

set(KILAT_HAS_CUDA TRUE)
message(STATUS "CUDA: ${CUDAToolkit_VERSION} of ${CMAKE_CUDA_COMPILER_TOOLKIT_ROOT}, for "
               "architectures ${CMAKE_CUDA_ARCHITECTURES}")
