// The calls of cuBLASLt that do something.
#include "cublasLt.h"

#include "runtime/cublaslt_objects.h"
#include "runtime/library.h"
#include "runtime/stream.h"
#include "runtime/turn.h"

using emulation::all;
using emulation::status;

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t handle,
                                              cublasLtMatmulDesc_t descriptor,
                                              cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t preference, int requested,
                                              cublasLtMatmulHeuristicResult_t* results,
                                              int* found) {
  const emulation::Turn turn;
  constexpr const char* kCall = "cublasLtMatmulAlgoGetHeuristic";
  if (!all<cublasLtContext>().has(handle)) return status(CUBLAS_STATUS_NOT_INITIALIZED, kCall);
  if (!all<cublasLtMatmulDescOpaque_t>().has(descriptor) || !emulation::exist({a, b, c, d}) ||
      !all<cublasLtMatmulPreferenceOpaque_t>().has(preference) || requested < 1 ||
      results == nullptr || found == nullptr) {
    return status(CUBLAS_STATUS_INVALID_VALUE, kCall);
  }
  *found = 0;
  const emulation::LtShape shape = {*descriptor, *a, *b, *c, *d};
  if (const auto error = shape.check(kCall)) return error;
  results[0] = {};
  results[0].algo = emulation::algorithm_for(*descriptor, *preference);
  results[0].workspaceSize = preference->workspace_bytes;
  results[0].state = CUBLAS_STATUS_SUCCESS;
  results[0].wavesCount = 1;
  *found = 1;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t descriptor,
                              const void* alpha, const void* a, cublasLtMatrixLayout_t layout_a,
                              const void* b, cublasLtMatrixLayout_t layout_b, const void* beta,
                              const void* c, cublasLtMatrixLayout_t layout_c, void* d,
                              cublasLtMatrixLayout_t layout_d,
                              const cublasLtMatmulAlgo_t* algorithm, void* workspace,
                              std::size_t workspace_bytes, cudaStream_t stream) {
  const emulation::Turn turn;
  constexpr const char* kCall = "cublasLtMatmul";
  if (!all<cublasLtContext>().has(handle)) return status(CUBLAS_STATUS_NOT_INITIALIZED, kCall);
  if (!all<cublasLtMatmulDescOpaque_t>().has(descriptor) ||
      !emulation::exist({layout_a, layout_b, layout_c, layout_d}) || alpha == nullptr ||
      beta == nullptr) {
    return status(CUBLAS_STATUS_INVALID_VALUE, kCall);
  }
  const emulation::LtShape shape = {*descriptor, *layout_a, *layout_b, *layout_c, *layout_d};
  if (const auto error = shape.check(kCall)) return error;
  const emulation::LtProduct product(shape, {a, b, c, d}, alpha, beta, workspace, workspace_bytes);
  if (algorithm != nullptr) {
    if (const auto error = product.check_algorithm(*algorithm)) return error;
  }
  if (!product.check()) return status(CUBLAS_STATUS_INVALID_VALUE, kCall);
  return emulation::status_of(
      emulation::enqueue(stream, {kCall, [product] { product.run(); }}, kCall));
}
