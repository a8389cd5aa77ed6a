// The objects of cuBLASLt: they are made, described and destroyed.
#include "runtime/cublaslt_objects.h"

#include <cstring>

#include <fmt/format.h>

#include "cublasLt.h"
#include "runtime/library.h"
#include "runtime/stream.h"
#include "runtime/turn.h"

namespace emulation {
namespace {

template <class T, class... A>
cublasStatus_t create(T** object, const char* call, A... arguments) {
  if (object == nullptr) return status(CUBLAS_STATUS_INVALID_VALUE, call);
  *object = all<T>().add(T{arguments...});
  return CUBLAS_STATUS_SUCCESS;
}

template <class T>
cublasStatus_t destroy(T* object, const char* call) {
  if (all<T>().remove(object)) return CUBLAS_STATUS_SUCCESS;
  return status(CUBLAS_STATUS_INVALID_VALUE, call, "it does not exist");
}

// Copies an attribute's value, which must have the attribute's size.
template <class T>
cublasStatus_t set(T& to, const void* value, std::size_t bytes, const char* call) {
  if (value == nullptr || bytes != sizeof to) return status(CUBLAS_STATUS_INVALID_VALUE, call);
  std::memcpy(&to, value, bytes);
  return CUBLAS_STATUS_SUCCESS;
}

}  // namespace

bool exist(std::initializer_list<cublasLtMatrixLayout_t> layouts) {
  for (const auto layout : layouts) {
    if (!all<cublasLtMatrixLayoutOpaque_t>().has(layout)) return false;
  }
  return true;
}

std::size_t live_cublaslt_objects() {
  return all<cublasLtContext>().live().size() + all<cublasLtMatmulDescOpaque_t>().live().size() +
         all<cublasLtMatrixLayoutOpaque_t>().live().size() +
         all<cublasLtMatmulPreferenceOpaque_t>().live().size();
}

void reset_cublaslt() {
  all<cublasLtContext>().clear();
  all<cublasLtMatmulDescOpaque_t>().clear();
  all<cublasLtMatrixLayoutOpaque_t>().clear();
  all<cublasLtMatmulPreferenceOpaque_t>().clear();
}

}  // namespace emulation

using emulation::all;
using emulation::status;

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
  const emulation::Turn turn;
  if (emulation::refuse_in_capture("cublasLtCreate") != cudaSuccess) {
    return status(CUBLAS_STATUS_NOT_INITIALIZED, "cublasLtCreate");
  }
  return emulation::create(handle, "cublasLtCreate");
}

cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
  const emulation::Turn turn;
  return emulation::destroy(handle, "cublasLtDestroy");
}

std::size_t cublasLtGetVersion() { return CUBLAS_VERSION; }

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* descriptor,
                                        cublasComputeType_t compute, cudaDataType_t scale) {
  const emulation::Turn turn;
  return emulation::create(descriptor, "cublasLtMatmulDescCreate", compute, scale);
}

cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t descriptor) {
  const emulation::Turn turn;
  return emulation::destroy(descriptor, "cublasLtMatmulDescDestroy");
}

cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t descriptor,
                                              cublasLtMatmulDescAttributes_t attribute,
                                              const void* value, std::size_t bytes) {
  const emulation::Turn turn;
  constexpr const char* kCall = "cublasLtMatmulDescSetAttribute";
  if (!all<cublasLtMatmulDescOpaque_t>().has(descriptor)) {
    return status(CUBLAS_STATUS_INVALID_VALUE, kCall, "it does not exist");
  }
  switch (attribute) {
    case CUBLASLT_MATMUL_DESC_COMPUTE_TYPE:
      return emulation::set(descriptor->compute, value, bytes, kCall);
    case CUBLASLT_MATMUL_DESC_SCALE_TYPE:
      return emulation::set(descriptor->scale, value, bytes, kCall);
    case CUBLASLT_MATMUL_DESC_POINTER_MODE:
      return emulation::set(descriptor->pointer_mode, value, bytes, kCall);
    case CUBLASLT_MATMUL_DESC_TRANSA:
      return emulation::set(descriptor->op_a, value, bytes, kCall);
    case CUBLASLT_MATMUL_DESC_TRANSB:
      return emulation::set(descriptor->op_b, value, bytes, kCall);
    case CUBLASLT_MATMUL_DESC_EPILOGUE:
      return emulation::set(descriptor->epilogue, value, bytes, kCall);
    case CUBLASLT_MATMUL_DESC_BIAS_POINTER:
      return emulation::set(descriptor->bias, value, bytes, kCall);
  }
  return status(CUBLAS_STATUS_INVALID_VALUE, kCall, "an unknown attribute");
}

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* layout, cudaDataType type,
                                          std::uint64_t rows, std::uint64_t columns,
                                          std::int64_t ld) {
  const emulation::Turn turn;
  return emulation::create(layout, "cublasLtMatrixLayoutCreate", type, rows, columns, ld);
}

cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
  const emulation::Turn turn;
  return emulation::destroy(layout, "cublasLtMatrixLayoutDestroy");
}

cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout,
                                                cublasLtMatrixLayoutAttribute_t attribute,
                                                const void* value, std::size_t bytes) {
  const emulation::Turn turn;
  constexpr const char* kCall = "cublasLtMatrixLayoutSetAttribute";
  if (!emulation::exist({layout})) {
    return status(CUBLAS_STATUS_INVALID_VALUE, kCall, "it does not exist");
  }
  switch (attribute) {
    case CUBLASLT_MATRIX_LAYOUT_TYPE:
      return emulation::set(layout->type, value, bytes, kCall);
    case CUBLASLT_MATRIX_LAYOUT_ORDER:
      return emulation::set(layout->order, value, bytes, kCall);
    case CUBLASLT_MATRIX_LAYOUT_ROWS:
      return emulation::set(layout->rows, value, bytes, kCall);
    case CUBLASLT_MATRIX_LAYOUT_COLS:
      return emulation::set(layout->columns, value, bytes, kCall);
    case CUBLASLT_MATRIX_LAYOUT_LD:
      return emulation::set(layout->ld, value, bytes, kCall);
  }
  return status(CUBLAS_STATUS_INVALID_VALUE, kCall, "an unknown attribute");
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* preference) {
  const emulation::Turn turn;
  return emulation::create(preference, "cublasLtMatmulPreferenceCreate");
}

cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
  const emulation::Turn turn;
  return emulation::destroy(preference, "cublasLtMatmulPreferenceDestroy");
}

cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                    cublasLtMatmulPreferenceAttributes_t attribute,
                                                    const void* value, std::size_t bytes) {
  const emulation::Turn turn;
  constexpr const char* kCall = "cublasLtMatmulPreferenceSetAttribute";
  if (!all<cublasLtMatmulPreferenceOpaque_t>().has(preference)) {
    return status(CUBLAS_STATUS_INVALID_VALUE, kCall, "it does not exist");
  }
  switch (attribute) {
    case CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES:
      return emulation::set(preference->workspace_bytes, value, bytes, kCall);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES:
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES:
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES:
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES:
      return emulation::set(
          preference->alignments[attribute - CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES], value,
          bytes, kCall);
  }
  return status(CUBLAS_STATUS_INVALID_VALUE, kCall, "an unknown attribute");
}
