#include "backend/cuda/fused_linear.h"

#include <algorithm>
#include <cstdint>

#include "backend/cuda/products.h"

namespace kilat {
namespace {

using Descriptor = Owner<cublasLtMatmulDesc_t, cublasLtMatmulDescDestroy>;
using Layout = Owner<cublasLtMatrixLayout_t, cublasLtMatrixLayoutDestroy>;
using Preference = Owner<cublasLtMatmulPreference_t, cublasLtMatmulPreferenceDestroy>;

template <class T>
void set(const Descriptor& descriptor, cublasLtMatmulDescAttributes_t attribute, const T& value) {
  KILAT_CUBLAS(cublasLtMatmulDescSetAttribute(descriptor.get(), attribute, &value, sizeof value));
}

template <class T>
void set(const Preference& preference, cublasLtMatmulPreferenceAttributes_t attribute,
         const T& value) {
  KILAT_CUBLAS(
      cublasLtMatmulPreferenceSetAttribute(preference.get(), attribute, &value, sizeof value));
}

// cuBLAS's column-major layout of a matrix that is row-major [rows, columns] in memory.
Layout make_layout(std::size_t rows, std::size_t columns) {
  cublasLtMatrixLayout_t layout = nullptr;
  KILAT_CUBLAS(cublasLtMatrixLayoutCreate(&layout, CUDA_R_32F, columns, rows,
                                          static_cast<std::int64_t>(columns)));
  return Layout(layout);
}

Descriptor make_descriptor(Precision precision) {
  cublasLtMatmulDesc_t created = nullptr;
  KILAT_CUBLAS(cublasLtMatmulDescCreate(&created, compute_type(precision), CUDA_R_32F));
  Descriptor descriptor(created);
  // aᵀ = W xᵀ + b. cuBLAS reads the row-major W as Wᵀ, hence the transposition.
  set(descriptor, CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_T);
  set(descriptor, CUBLASLT_MATMUL_DESC_TRANSB, CUBLAS_OP_N);
  set(descriptor, CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_RELU_BIAS);
  return descriptor;
}

// The largest power of two, up to 256, that divides the address.
std::uint32_t alignment(const void* pointer) {
  const auto address = reinterpret_cast<std::uintptr_t>(pointer) | 256;
  return static_cast<std::uint32_t>(address & (~address + 1));
}

Preference make_preference(std::size_t workspace_bytes, std::uint32_t weight, std::uint32_t x,
                           std::uint32_t a) {
  cublasLtMatmulPreference_t created = nullptr;
  KILAT_CUBLAS(cublasLtMatmulPreferenceCreate(&created));
  Preference preference(created);
  set(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, workspace_bytes);
  set(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, weight);
  set(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, x);
  set(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, a);
  set(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, a);
  return preference;
}

cublasLtHandle_t create() {
  cublasLtHandle_t handle = nullptr;
  KILAT_CUBLAS(cublasLtCreate(&handle));
  return handle;
}

}  // namespace

struct FusedLinear::Plan {
  std::size_t rows, in, out;
  std::uint32_t weight_alignment, bias_alignment, x_alignment, a_alignment;
  Descriptor descriptor;
  Layout weight, x, a;
  bool exists = false;  // cuBLASLt has an algorithm
  cublasLtMatmulAlgo_t algorithm = {};

  bool is_for(const Plan& o) const {
    return rows == o.rows && in == o.in && out == o.out && weight_alignment == o.weight_alignment &&
           bias_alignment == o.bias_alignment && x_alignment == o.x_alignment &&
           a_alignment == o.a_alignment;
  }
};

FusedLinear::FusedLinear(cudaStream_t stream, Precision precision, void* workspace,
                         std::size_t workspace_bytes)
    : stream_(stream),
      precision_(precision),
      workspace_(workspace),
      workspace_bytes_(workspace_bytes),
      handle_(create()) {}

FusedLinear::~FusedLinear() = default;

FusedLinear::Plan& FusedLinear::find(const MatrixView<float>& a, const MatrixView<const float>& x,
                                     const Linear<const float>& layer) {
  Plan wanted{.rows = x.rows,
              .in = x.columns,
              .out = a.columns,
              .weight_alignment = alignment(layer.weight.data),
              .bias_alignment = alignment(layer.bias.data()),
              .x_alignment = alignment(x.data),
              .a_alignment = alignment(a.data),
              .descriptor = {},
              .weight = {},
              .x = {},
              .a = {}};
  for (const auto& plan : plans_) {
    if (plan->is_for(wanted)) return *plan;
  }
  wanted.descriptor = make_descriptor(precision_);
  set(wanted.descriptor, CUBLASLT_MATMUL_DESC_BIAS_POINTER, layer.bias.data());
  wanted.weight = make_layout(wanted.out, wanted.in);
  wanted.x = make_layout(wanted.rows, wanted.in);
  wanted.a = make_layout(wanted.rows, wanted.out);
  const Preference preference = make_preference(workspace_bytes_, wanted.weight_alignment,
                                                wanted.x_alignment, wanted.a_alignment);
  cublasLtMatmulHeuristicResult_t found = {};
  int count = 0;
  const cublasStatus_t status = cublasLtMatmulAlgoGetHeuristic(
      handle_.get(), wanted.descriptor.get(), wanted.weight.get(), wanted.x.get(), wanted.a.get(),
      wanted.a.get(), preference.get(), 1, &found, &count);
  if (status != CUBLAS_STATUS_NOT_SUPPORTED) KILAT_CUBLAS(status);
  wanted.exists = status == CUBLAS_STATUS_SUCCESS && count == 1;
  wanted.algorithm = found.algo;
  plans_.push_back(std::make_unique<Plan>(std::move(wanted)));
  return *plans_.back();
}

bool FusedLinear::linear_relu(MatrixView<float> a, MatrixView<const float> x,
                              const Linear<const float>& layer) {
  if (a.rows == 0 || a.columns == 0 || x.columns == 0) return false;
  Plan& plan = find(a, x, layer);
  if (!plan.exists) return false;
  set(plan.descriptor, CUBLASLT_MATMUL_DESC_BIAS_POINTER, layer.bias.data());
  const float one = 1, zero = 0;
  KILAT_CUBLAS(cublasLtMatmul(handle_.get(), plan.descriptor.get(), &one, layer.weight.data,
                              plan.weight.get(), x.data, plan.x.get(), &zero, a.data, plan.a.get(),
                              a.data, plan.a.get(), &plan.algorithm, workspace_, workspace_bytes_,
                              stream_));
  return true;
}

}  // namespace kilat
