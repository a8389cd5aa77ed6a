#include <algorithm>

#include <fmt/format.h>

#include "cublas_v2.h"
#include "runtime/arena.h"
#include "runtime/gemm.h"
#include "runtime/library.h"
#include "runtime/registry.h"
#include "runtime/stream.h"
#include "runtime/turn.h"

struct cublasContext {
  cudaStream_t stream = nullptr;
  void* workspace = nullptr;
  std::size_t workspace_bytes = 0;
  cublasMath_t math = CUBLAS_DEFAULT_MATH;
  cublasPointerMode_t pointer_mode = CUBLAS_POINTER_MODE_HOST;
};

namespace emulation {
namespace {

Registry<cublasContext>& handles() {
  static auto& registry = *new Registry<cublasContext>;
  return registry;
}

struct Arguments {
  cublasOperation_t op_a, op_b;
  int m, n, k;
  const void* alpha;
  const void* a;
  cudaDataType type_a;
  int lda;
  const void* b;
  cudaDataType type_b;
  int ldb;
  const void* beta;
  const void* c;
  cudaDataType type_c;
  int ldc;
};

// Column-major as cuBLAS has it, op applied.
Matrix operand(const void* data, cudaDataType type, cublasOperation_t op, int rows, int columns,
               int ld) {
  const auto r = static_cast<std::size_t>(rows), c = static_cast<std::size_t>(columns);
  const auto stride = static_cast<std::size_t>(ld);
  if (op == CUBLAS_OP_N) return {data, type, r, c, 1, stride};
  return {data, type, r, c, stride, 1};
}

bool is_operation(cublasOperation_t op) {
  return op == CUBLAS_OP_N || op == CUBLAS_OP_T || op == CUBLAS_OP_C;
}

// Why the arguments are not valid; "" if they are.
std::string find_objection(const Arguments& x) {
  if (!is_operation(x.op_a) || !is_operation(x.op_b)) return "an operation";
  if (x.m < 0 || x.n < 0 || x.k < 0) {
    return fmt::format("m = {}, n = {}, k = {}", x.m, x.n, x.k);
  }
  if (x.lda < std::max(1, x.op_a == CUBLAS_OP_N ? x.m : x.k)) return fmt::format("lda = {}", x.lda);
  if (x.ldb < std::max(1, x.op_b == CUBLAS_OP_N ? x.k : x.n)) return fmt::format("ldb = {}", x.ldb);
  if (x.ldc < std::max(1, x.m)) return fmt::format("ldc = {}", x.ldc);
  if (x.alpha == nullptr || x.beta == nullptr) return "alpha or beta is null";
  return "";
}

bool is_supported(const Arguments& x) {
  if (x.type_a != x.type_b) return false;
  if (x.type_a == CUDA_R_32F) return x.type_c == CUDA_R_32F;
  return x.type_a == CUDA_R_16BF && (x.type_c == CUDA_R_32F || x.type_c == CUDA_R_16BF);
}

cublasStatus_t queue_gemm(cublasHandle_t handle, const Arguments& x, cublasComputeType_t compute,
                          const char* call) {
  if (!handles().has(handle)) return status(CUBLAS_STATUS_NOT_INITIALIZED, call);
  const std::string objection = find_objection(x);
  if (!objection.empty()) return status(CUBLAS_STATUS_INVALID_VALUE, call, objection);
  if (!is_supported(x)) return status(CUBLAS_STATUS_NOT_SUPPORTED, call, "these types");
  const bool on_device = handle->pointer_mode == CUBLAS_POINTER_MODE_DEVICE;
  const Gemm gemm = {operand(x.a, x.type_a, x.op_a, x.m, x.k, x.lda),
                     operand(x.b, x.type_b, x.op_b, x.k, x.n, x.ldb),
                     operand(x.c, x.type_c, CUBLAS_OP_N, x.m, x.n, x.ldc),
                     Scalar(x.alpha, on_device),
                     Scalar(x.beta, on_device),
                     rounding_of(compute),
                     handle->workspace,
                     handle->workspace_bytes,
                     call};
  if (x.m == 0 || x.n == 0) return CUBLAS_STATUS_SUCCESS;
  if (!gemm.check()) return status(CUBLAS_STATUS_INVALID_VALUE, call);
  return status_of(enqueue(handle->stream, {call, [gemm] { gemm.run(); }}, call));
}

}  // namespace

std::size_t live_cublas_objects() { return handles().live().size(); }
void reset_cublas() { handles().clear(); }

}  // namespace emulation

using emulation::handles;
using emulation::status;

cublasStatus_t cublasCreate(cublasHandle_t* handle) {
  const emulation::Turn turn;
  if (handle == nullptr) return status(CUBLAS_STATUS_INVALID_VALUE, "cublasCreate");
  if (emulation::refuse_in_capture("cublasCreate") != cudaSuccess) {
    return status(CUBLAS_STATUS_NOT_INITIALIZED, "cublasCreate");
  }
  *handle = handles().add();
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasDestroy(cublasHandle_t handle) {
  const emulation::Turn turn;
  if (handles().remove(handle)) return CUBLAS_STATUS_SUCCESS;
  return status(CUBLAS_STATUS_NOT_INITIALIZED, "cublasDestroy");
}

cublasStatus_t cublasGetVersion(cublasHandle_t, int* version) {
  const emulation::Turn turn;
  *version = CUBLAS_VERSION;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetStream(cublasHandle_t handle, cudaStream_t stream) {
  const emulation::Turn turn;
  if (!handles().has(handle)) return status(CUBLAS_STATUS_NOT_INITIALIZED, "cublasSetStream");
  handle->stream = stream;
  handle->workspace = nullptr;
  handle->workspace_bytes = 0;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetWorkspace(cublasHandle_t handle, void* workspace, std::size_t bytes) {
  const emulation::Turn turn;
  constexpr const char* kCall = "cublasSetWorkspace";
  if (!handles().has(handle)) return status(CUBLAS_STATUS_NOT_INITIALIZED, kCall);
  if (reinterpret_cast<std::uintptr_t>(workspace) % 256 != 0) {
    return status(CUBLAS_STATUS_INVALID_VALUE, kCall, "it is not aligned to 256 bytes");
  }
  if (!emulation::check_range(workspace, bytes, kCall)) {
    return status(CUBLAS_STATUS_INVALID_VALUE, kCall);
  }
  handle->workspace = workspace;
  handle->workspace_bytes = bytes;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode) {
  const emulation::Turn turn;
  if (!handles().has(handle)) return status(CUBLAS_STATUS_NOT_INITIALIZED, "cublasSetMathMode");
  handle->math = mode;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetPointerMode(cublasHandle_t handle, cublasPointerMode_t mode) {
  const emulation::Turn turn;
  if (!handles().has(handle)) return status(CUBLAS_STATUS_NOT_INITIALIZED, "cublasSetPointerMode");
  handle->pointer_mode = mode;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSgemm(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b,
                           int m, int n, int k, const float* alpha, const float* a, int lda,
                           const float* b, int ldb, const float* beta, float* c, int ldc) {
  const emulation::Turn turn;
  return cublasGemmEx(handle, op_a, op_b, m, n, k, alpha, a, CUDA_R_32F, lda, b, CUDA_R_32F, ldb,
                      beta, c, CUDA_R_32F, ldc, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT);
}

cublasStatus_t cublasGemmEx(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b,
                            int m, int n, int k, const void* alpha, const void* a,
                            cudaDataType type_a, int lda, const void* b, cudaDataType type_b,
                            int ldb, const void* beta, void* c, cudaDataType type_c, int ldc,
                            cublasComputeType_t compute, cublasGemmAlgo_t) {
  const emulation::Turn turn;
  if (handles().has(handle) && handle->math == CUBLAS_TF32_TENSOR_OP_MATH &&
      compute == CUBLAS_COMPUTE_32F) {
    compute = CUBLAS_COMPUTE_32F_FAST_TF32;
  }
  return emulation::queue_gemm(
      handle, {op_a, op_b, m, n, k, alpha, a, type_a, lda, b, type_b, ldb, beta, c, type_c, ldc},
      compute, "cublasGemmEx");
}
