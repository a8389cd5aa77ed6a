// The stand-in of cuBLASLt: epilogues, orders, and what its algorithms ask for.
#include <cmath>

#include <cublasLt.h>
#include <gmock/gmock.h>

#include "emulation_test.h"

namespace emulation_test {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kM = 2, kN = 3, kK = 2;
constexpr std::size_t kWorkspace = 4096;

class CublasLtTest : public EmulationTest {
 protected:
  CublasLtTest() {
    EXPECT_EQ(cublasLtCreate(&handle_), CUBLAS_STATUS_SUCCESS);
    EXPECT_EQ(cublasLtMatmulDescCreate(&descriptor_, CUBLAS_COMPUTE_32F, CUDA_R_32F),
              CUBLAS_STATUS_SUCCESS);
    layout_a_ = layout(kM, kK, kM);
    layout_b_ = layout(kK, kN, kK);
    layout_d_ = layout(kM, kN, kM);
  }

  static cublasLtMatrixLayout_t layout(std::uint64_t rows, std::uint64_t columns, std::int64_t ld) {
    cublasLtMatrixLayout_t layout = nullptr;
    EXPECT_EQ(cublasLtMatrixLayoutCreate(&layout, CUDA_R_32F, rows, columns, ld),
              CUBLAS_STATUS_SUCCESS);
    return layout;
  }

  template <class T>
  void set(cublasLtMatmulDescAttributes_t attribute, const T& value) {
    EXPECT_EQ(cublasLtMatmulDescSetAttribute(descriptor_, attribute, &value, sizeof value),
              CUBLAS_STATUS_SUCCESS);
  }
  void set_epilogue(cublasLtEpilogue_t epilogue, const float* vector) {
    set(CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue);
    set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, vector);
  }

  cublasStatus_t multiply(const cublasLtMatmulAlgo_t* algorithm = nullptr) {
    const float alpha = 1, beta = 0;
    const cublasStatus_t status =
        cublasLtMatmul(handle_, descriptor_, &alpha, a_.data(), layout_a_, b_.data() + b_offset_,
                       layout_b_, &beta, d_.data(), layout_d_, d_.data(), layout_d_, algorithm,
                       workspace_.data(), workspace_bytes_, nullptr);
    cudaDeviceSynchronize();
    return status;
  }

  cublasLtMatmulAlgo_t find_algorithm(std::uint32_t alignment_b, std::size_t workspace) {
    cublasLtMatmulPreference_t preference = nullptr;
    EXPECT_EQ(cublasLtMatmulPreferenceCreate(&preference), CUBLAS_STATUS_SUCCESS);
    EXPECT_EQ(
        cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                             &workspace, sizeof workspace),
        CUBLAS_STATUS_SUCCESS);
    EXPECT_EQ(
        cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
                                             &alignment_b, sizeof alignment_b),
        CUBLAS_STATUS_SUCCESS);
    cublasLtMatmulHeuristicResult_t result = {};
    int found = 0;
    EXPECT_EQ(cublasLtMatmulAlgoGetHeuristic(handle_, descriptor_, layout_a_, layout_b_, layout_d_,
                                             layout_d_, preference, 1, &result, &found),
              CUBLAS_STATUS_SUCCESS);
    EXPECT_EQ(found, 1);
    EXPECT_EQ(cublasLtMatmulPreferenceDestroy(preference), CUBLAS_STATUS_SUCCESS);
    return result.algo;
  }

  cublasLtHandle_t handle_ = nullptr;
  cublasLtMatmulDesc_t descriptor_ = nullptr;
  cublasLtMatrixLayout_t layout_a_, layout_b_, layout_d_;
  // Column-major: A = [1 2; 3 4], B = [1 -2 0; -1 3 1].
  DeviceArray<float> a_{std::vector<float>{1, 3, 2, 4}};
  DeviceArray<float> b_{std::vector<float>{1, -1, -2, 3, 0, 1, 0, 0}};
  DeviceArray<float> d_{6};
  DeviceArray<float> vector_{std::vector<float>{10, -20, 30}};
  DeviceArray<char> workspace_{kWorkspace};
  std::size_t workspace_bytes_ = kWorkspace;
  long b_offset_ = 0;
};

using Floats = std::vector<float>;

TEST_F(CublasLtTest, EachEpilogueDoesWhatItSays) {
  ASSERT_EQ(multiply(), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(d_.values(), (Floats{-1, -1, 4, 6, 2, 4}));
  set_epilogue(CUBLASLT_EPILOGUE_RELU, nullptr);
  ASSERT_EQ(multiply(), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(d_.values(), (Floats{0, 0, 4, 6, 2, 4}));
  set_epilogue(CUBLASLT_EPILOGUE_BIAS, vector_.data());  // one for each row
  ASSERT_EQ(multiply(), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(d_.values(), (Floats{9, -21, 14, -14, 12, -16}));
  set_epilogue(CUBLASLT_EPILOGUE_RELU_BIAS, vector_.data());
  ASSERT_EQ(multiply(), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(d_.values(), (Floats{9, 0, 14, 0, 12, 0}));
}

TEST_F(CublasLtTest, BiasGradientsSumOverK) {
  set_epilogue(CUBLASLT_EPILOGUE_BGRADA, vector_.data());
  ASSERT_EQ(multiply(), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(vector_.values(), (Floats{3, 7, 30}));
  set_epilogue(CUBLASLT_EPILOGUE_BGRADB, vector_.data());
  ASSERT_EQ(multiply(), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(vector_.values(), (Floats{0, 1, 1}));
  EXPECT_EQ(d_.values(), (Floats{-1, -1, 4, 6, 2, 4}));
}

TEST_F(CublasLtTest, TransposesAndOrdersAreTwoWaysToSayTheSame) {
  set(CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_T);
  ASSERT_EQ(multiply(), CUBLAS_STATUS_SUCCESS);
  const Floats transposed = d_.values();
  EXPECT_EQ(transposed, (Floats{-2, -2, 7, 8, 3, 4}));
  set(CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_N);
  const std::int32_t row_order = CUBLASLT_ORDER_ROW;
  ASSERT_EQ(cublasLtMatrixLayoutSetAttribute(layout_a_, CUBLASLT_MATRIX_LAYOUT_ORDER, &row_order,
                                             sizeof row_order),
            CUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(multiply(), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(d_.values(), transposed);
}

TEST_F(CublasLtTest, ShapesThatDoNotMatchAreRefused) {
  for (cublasLtMatrixLayout_t* changed : {&layout_a_, &layout_b_, &layout_d_}) {
    const cublasLtMatrixLayout_t right = std::exchange(*changed, layout(4, 4, 4));
    EXPECT_EQ(multiply(), CUBLAS_STATUS_INVALID_VALUE);
    *changed = right;
  }
  layout_a_ = layout(kM, kK, 1);
  EXPECT_EQ(multiply(), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_THAT(emulation::api_errors().back(), HasSubstr("2 rows, 2 columns, ld = 1"));
}

TEST_F(CublasLtTest, MatricesAndBiasMustFitTheirAllocations) {
  layout_b_ = layout(kK, kN, 4);
  EXPECT_THAT(failure_of([&] { multiply(); }),
              HasSubstr("cublasLtMatmul: B takes 40 bytes from byte 0 of the 32 bytes"));
  layout_b_ = layout(kK, kN, kK);
  set_epilogue(CUBLASLT_EPILOGUE_BGRADB, vector_.data() + 1);
  EXPECT_THAT(failure_of([&] { multiply(); }), HasSubstr("the bias takes 12 bytes from byte 4"));
  set_epilogue(CUBLASLT_EPILOGUE_BIAS, nullptr);
  EXPECT_THAT(failure_of([&] { multiply(); }), HasSubstr("the bias is at"));
  set_epilogue(CUBLASLT_EPILOGUE_DEFAULT, nullptr);
  workspace_bytes_ = kWorkspace + 1;
  EXPECT_THAT(failure_of([&] { multiply(); }), HasSubstr("the workspace takes 4097 bytes"));
}

TEST_F(CublasLtTest, AnAlgorithmGetsTheAlignmentAndTheWorkspaceItWasFoundFor) {
  const cublasLtMatmulAlgo_t aligned = find_algorithm(16, kWorkspace);
  EXPECT_EQ(multiply(&aligned), CUBLAS_STATUS_SUCCESS);
  b_offset_ = 2;
  EXPECT_EQ(multiply(&aligned), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_THAT(emulation::api_errors().back(),
              HasSubstr("B is aligned to 8 bytes where the algorithm takes 16"));
  const cublasLtMatmulAlgo_t any = find_algorithm(4, kWorkspace);
  EXPECT_EQ(multiply(&any), CUBLAS_STATUS_SUCCESS);
  workspace_bytes_ = kWorkspace / 2;
  EXPECT_EQ(multiply(&any), CUBLAS_STATUS_INVALID_VALUE);
  const cublasLtMatmulAlgo_t none = {};
  EXPECT_EQ(multiply(&none), CUBLAS_STATUS_INVALID_VALUE);
}

TEST_F(CublasLtTest, WhatIsNotEmulatedIsNotSupported) {
  set(CUBLASLT_MATMUL_DESC_EPILOGUE, std::uint32_t{32});  // GELU
  EXPECT_EQ(multiply(), CUBLAS_STATUS_NOT_SUPPORTED);
  set(CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_DEFAULT);
  cublasLtMatrixLayout_t bytes = nullptr;
  ASSERT_EQ(cublasLtMatrixLayoutCreate(&bytes, CUDA_R_8I, kM, kK, kM), CUBLAS_STATUS_SUCCESS);
  layout_a_ = bytes;
  EXPECT_EQ(multiply(), CUBLAS_STATUS_NOT_SUPPORTED);
}

TEST_F(CublasLtTest, ObjectsMustExist) {
  EXPECT_EQ(emulation::live_objects(), 5U);
  EXPECT_EQ(cublasLtMatrixLayoutDestroy(layout_a_), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(multiply(), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(cublasLtMatrixLayoutDestroy(layout_a_), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(cublasLtDestroy(handle_), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(multiply(), CUBLAS_STATUS_NOT_INITIALIZED);
}

}  // namespace
}  // namespace emulation_test
