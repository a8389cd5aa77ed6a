// A product of cuBLASLt: what describes it, what is checked, how it is computed.
#pragma once

#include <array>
#include <cstdint>

#include "cublasLt.h"
#include "runtime/matmul.h"

struct cublasLtMatmulDescOpaque_t {
  cublasComputeType_t compute;
  cudaDataType_t scale;
  std::int32_t pointer_mode = CUBLASLT_POINTER_MODE_HOST;
  std::int32_t op_a = CUBLAS_OP_N;
  std::int32_t op_b = CUBLAS_OP_N;
  std::uint32_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  void* bias = nullptr;
};

struct cublasLtMatrixLayoutOpaque_t {
  cudaDataType_t type;
  std::uint64_t rows, columns;
  std::int64_t ld;
  std::int32_t order = CUBLASLT_ORDER_COL;
};

struct cublasLtMatmulPreferenceOpaque_t {
  std::uint64_t workspace_bytes = 0;
  std::array<std::uint32_t, 4> alignments = {256, 256, 256, 256};  // of A, B, C and D
};

namespace emulation {

struct LtShape {
  cublasLtMatmulDescOpaque_t descriptor;
  cublasLtMatrixLayoutOpaque_t a, b, c, d;

  // An error if the emulation, or cuBLASLt, has no such product.
  cublasStatus_t check(const char* call) const;
};

struct LtPointers {
  const void* a;
  const void* b;
  const void* c;
  void* d;
};

// Remembers what alignments and workspace it was asked for, and that of the bias.
cublasLtMatmulAlgo_t algorithm_for(const cublasLtMatmulDescOpaque_t& descriptor,
                                   const cublasLtMatmulPreferenceOpaque_t& preference);

class LtProduct {
 public:
  LtProduct(const LtShape& shape, const LtPointers& pointers, const void* alpha, const void* beta,
            void* workspace, std::size_t workspace_bytes);

  // Fails for pointers that lead outside their allocations, or into each other.
  bool check() const;
  // An error if the algorithm was asked for other alignments, or more workspace.
  cublasStatus_t check_algorithm(const cublasLtMatmulAlgo_t& algorithm) const;
  void run() const;

 private:
  bool has(cublasLtEpilogue_t epilogue) const { return (epilogue_ & epilogue) != 0; }
  Matrix bias() const;
  void add_bias(std::vector<double>& values) const;
  // The sum over k of each row of op(A), or of each column of op(B).
  void store_bias_gradient(const std::vector<double>& a, const std::vector<double>& b) const;

  Matrix a_, b_, c_, d_;
  Scalar alpha_, beta_;
  bool reads_c_;
  Rounding rounding_;
  std::uint32_t epilogue_;
  void* bias_;
  void* workspace_;
  std::size_t workspace_bytes_;
};

}  // namespace emulation
