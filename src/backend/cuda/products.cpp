#include "backend/cuda/products.h"

#include <limits>
#include <string_view>

#include <fmt/format.h>

#include <kilat/error.h>

namespace kilat {
namespace {

// What cuBLAS recommends for Hopper, the largest of its recommendations.
constexpr std::size_t kWorkspaceBytes = std::size_t{32} << 20;

int to_int(std::size_t extent) {
  if (extent > std::numeric_limits<int>::max()) {
    throw Error(fmt::format("a matrix extent of {} is more than cuBLAS takes", extent));
  }
  return static_cast<int>(extent);
}

// The row length of the matrix as stored.
int row_length(const MatrixView<const float>& m) {
  return to_int(m.transposed ? m.rows : m.columns);
}

cublasOperation_t operation(const MatrixView<const float>& m) {
  return m.transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
}

cublasHandle_t create() {
  cublasHandle_t handle = nullptr;
  KILAT_CUBLAS(cublasCreate(&handle));
  return handle;
}

}  // namespace

void throw_cublas_error(cublasStatus_t status, const char* call, const char* file, int line) {
  const std::string_view path = file;
  throw Error(
      fmt::format("cuBLAS: {} ({}) from {} at {}:{}", cublasGetStatusString(status),
                  cublasGetStatusName(status), call, path.substr(path.rfind('/') + 1), line),
      Failure::run);
}

cublasComputeType_t compute_type(Precision precision) {
  switch (precision) {
    case Precision::fp32:
      return CUBLAS_COMPUTE_32F;
    case Precision::tf32:
      return CUBLAS_COMPUTE_32F_FAST_TF32;
    case Precision::bf16:
      return CUBLAS_COMPUTE_32F_FAST_16BF;
  }
  return CUBLAS_COMPUTE_32F;
}

Products::Products(cudaStream_t stream, Precision precision)
    : workspace_(kWorkspaceBytes, stream), handle_(create()), compute_(compute_type(precision)) {
  KILAT_CUBLAS(cublasSetStream(handle_.get(), stream));
  KILAT_CUBLAS(cublasSetWorkspace(handle_.get(), workspace_.data(), workspace_.size()));
}

// A row-major matrix is the transpose of the column-major one in the same memory, so that
// C = A · B is asked for as Cᵀ = Bᵀ · Aᵀ.
void Products::multiply(MatrixView<float> c, MatrixView<const float> a, MatrixView<const float> b,
                        bool accumulate) {
  const float one = 1;
  const float beta = accumulate ? 1 : 0;
  KILAT_CUBLAS(cublasGemmEx(handle_.get(), operation(b), operation(a), to_int(c.columns),
                            to_int(c.rows), to_int(a.columns), &one, b.data, CUDA_R_32F,
                            row_length(b), a.data, CUDA_R_32F, row_length(a), &beta, c.data,
                            CUDA_R_32F, to_int(c.columns), compute_, CUBLAS_GEMM_DEFAULT));
}

}  // namespace kilat
