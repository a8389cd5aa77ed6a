// A linear layer and its ReLU as one product with cuBLASLt's epilogue.
#pragma once

#include <memory>
#include <vector>

#include <cublasLt.h>

#include <kilat/recipe.h>

#include "backend/cuda/handles.h"
#include "backend/types.h"

namespace kilat {

// Each shape is planned once; from then on a product allocates nothing.
class FusedLinear {
 public:
  // The workspace is shared with products on the same stream.
  FusedLinear(cudaStream_t stream, Precision precision, void* workspace,
              std::size_t workspace_bytes);
  ~FusedLinear();

  // a = max(0, x Wᵀ + b); false, with nothing done, where cuBLASLt has no kernel for these shapes
  // and addresses.
  bool linear_relu(MatrixView<float> a, MatrixView<const float> x,
                   const Linear<const float>& layer);

 private:
  struct Plan;
  Plan& find(const MatrixView<float>& a, const MatrixView<const float>& x,
             const Linear<const float>& layer);

  cudaStream_t stream_;
  Precision precision_;
  void* workspace_;
  std::size_t workspace_bytes_;
  Owner<cublasLtHandle_t, cublasLtDestroy> handle_;
  std::vector<std::unique_ptr<Plan>> plans_;
};

}  // namespace kilat
