// The entry point of libkilat_cuda.
#include "session/cuda/library.h"

#include <cublas_v2.h>
#include <cuda_runtime.h>

#include "backend/cuda/gpus.h"
#include "base/version.h"
#include "kernels/check.h"
#include "session/cuda_library.h"

namespace kilat {
namespace {

int runtime_version() {
  int version = 0;
  KILAT_CUDA(cudaRuntimeGetVersion(&version));
  return version;
}

}  // namespace
}  // namespace kilat

extern "C" __attribute__((visibility("default"))) const kilat::CudaLibrary* kilat_cuda_library() {
  static const kilat::CudaLibrary library = {.version = kilat::version(),
                                             .runtime_version = kilat::runtime_version(),
                                             .list_gpus = kilat::list_gpus,
                                             .resident_obstacle = kilat::resident_obstacle,
                                             .make_trainer = kilat::make_cuda_trainer,
                                             .make_classifier = kilat::make_cuda_classifier};
  return &library;
}
