// Matrix products by cuBLAS: the one place where row-major meets column-major.
#pragma once

#include <cublas_v2.h>

#include <kilat/recipe.h>

#include "backend/cuda/device_buffer.h"
#include "backend/cuda/handles.h"
#include "backend/types.h"

namespace kilat {

[[noreturn]] void throw_cublas_error(cublasStatus_t status, const char* call, const char* file,
                                     int line);

// Queued on one stream, with a workspace of its own: cuBLAS then allocates nothing, may be
// captured, and gives the same bits each time.
class Products {
 public:
  Products(cudaStream_t stream, Precision precision);

  // C (+)= A · B. Shapes fit; C is not transposed.
  void multiply(MatrixView<float> c, MatrixView<const float> a, MatrixView<const float> b,
                bool accumulate);

  DeviceBuffer<std::byte>& workspace() { return workspace_; }

 private:
  DeviceBuffer<std::byte> workspace_;
  Owner<cublasHandle_t, cublasDestroy> handle_;
  cublasComputeType_t compute_;
};

// What the arithmetic of float matrices may use: fp32 units alone, or tensor cores on inputs
// rounded to tf32 or bf16, accumulated in fp32.
cublasComputeType_t compute_type(Precision precision);

}  // namespace kilat

#define KILAT_CUBLAS(call)                                                  \
  do {                                                                      \
    const cublasStatus_t kilat_status = (call);                             \
    if (kilat_status != CUBLAS_STATUS_SUCCESS) {                            \
      ::kilat::throw_cublas_error(kilat_status, #call, __FILE__, __LINE__); \
    }                                                                       \
  } while (false)
