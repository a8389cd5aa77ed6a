#include "kernels/check.h"

#include <string_view>

#include <fmt/format.h>

#include <kilat/error.h>

namespace kilat {

void throw_cuda_error(cudaError_t error, const char* call, const char* file, int line) {
  cudaGetLastError();  // clears the error, so that it is not reported again
  const std::string_view path = file;
  throw Error(fmt::format("CUDA: {} ({}) from {} at {}:{}", cudaGetErrorString(error),
                          cudaGetErrorName(error), call, path.substr(path.rfind('/') + 1), line),
              Failure::run);
}

}  // namespace kilat
