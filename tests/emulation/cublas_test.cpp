// The stand-in of cuBLAS against plain loops, and what it refuses.
#include <cmath>
#include <random>

#include <cublas_v2.h>
#include <cuda_bf16.h>
#include <gmock/gmock.h>

#include "emulation_test.h"

namespace emulation_test {
namespace {

using testing::HasSubstr;

std::vector<float> random_values(std::size_t n, unsigned seed) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> distribution(-1, 1);
  std::vector<float> values(n);
  for (float& value : values) value = distribution(engine);
  return values;
}

// Column-major element (i, j) of op(x).
float at(const std::vector<float>& x, cublasOperation_t op, int ld, int i, int j) {
  return x[static_cast<std::size_t>(op == CUBLAS_OP_N ? i + j * ld : j + i * ld)];
}

class CublasTest : public EmulationTest {
 protected:
  CublasTest() {
    EXPECT_EQ(cublasCreate(&handle_), CUBLAS_STATUS_SUCCESS);
    EXPECT_EQ(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), cudaSuccess);
    EXPECT_EQ(cublasSetStream(handle_, stream_), CUBLAS_STATUS_SUCCESS);
  }

  // What cublasSgemm says to a product of square matrices of four, a field changed.
  struct Call {
    cublasOperation_t op_a = CUBLAS_OP_N, op_b = CUBLAS_OP_N;
    int m = 4, n = 4, k = 4, lda = 4, ldb = 4, ldc = 4;
    const float* alpha = nullptr;
    const float* beta = nullptr;
    long a_offset = 0;
  };
  cublasStatus_t status_of(const std::function<void(Call&)>& change) {
    const DeviceArray<float> a(16), b(16), c(16);
    const float one = 1, zero = 0;
    Call x;
    x.alpha = &one;
    x.beta = &zero;
    change(x);
    const cublasStatus_t status =
        cublasSgemm(handle_, x.op_a, x.op_b, x.m, x.n, x.k, x.alpha, a.data() + x.a_offset, x.lda,
                    b.data(), x.ldb, x.beta, c.data(), x.ldc);
    cudaStreamSynchronize(stream_);
    return status;
  }

  cublasHandle_t handle_ = nullptr;
  cudaStream_t stream_ = nullptr;
};

TEST_F(CublasTest, EachTranspositionAgreesWithPlainLoops) {
  constexpr int kM = 5, kN = 7, kK = 11;
  for (const auto op_a : {CUBLAS_OP_N, CUBLAS_OP_T}) {
    for (const auto op_b : {CUBLAS_OP_N, CUBLAS_OP_T}) {
      // Leading dimensions longer than they need be; what lies between stays as it is.
      const int lda = (op_a == CUBLAS_OP_N ? kM : kK) + 2,
                ldb = (op_b == CUBLAS_OP_N ? kK : kN) + 1;
      const int ldc = kM + 3;
      const auto a =
          random_values(static_cast<std::size_t>(lda * (op_a == CUBLAS_OP_N ? kK : kM)), 1);
      const auto b =
          random_values(static_cast<std::size_t>(ldb * (op_b == CUBLAS_OP_N ? kN : kK)), 2);
      auto expected = random_values(static_cast<std::size_t>(ldc * kN), 3);
      const DeviceArray<float> device_a(a), device_b(b), device_c(expected);
      const float alpha = 0.5, beta = 2;
      ASSERT_EQ(cublasSgemm(handle_, op_a, op_b, kM, kN, kK, &alpha, device_a.data(), lda,
                            device_b.data(), ldb, &beta, device_c.data(), ldc),
                CUBLAS_STATUS_SUCCESS);
      ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
      for (int i = 0; i < kM; ++i) {
        for (int j = 0; j < kN; ++j) {
          double sum = 0;
          for (int l = 0; l < kK; ++l) {
            sum += double{at(a, op_a, lda, i, l)} * double{at(b, op_b, ldb, l, j)};
          }
          float& c = expected[static_cast<std::size_t>(i + j * ldc)];
          c = static_cast<float>(0.5 * sum + 2.0 * c);
        }
      }
      EXPECT_EQ(device_c.values(), expected) << op_a << op_b;
    }
  }
}

TEST_F(CublasTest, ABetaOfZeroDoesNotReadC) {
  const DeviceArray<float> a(std::vector<float>{2}), b(std::vector<float>{3}), c(1);  // c is NaN
  const float one = 1, zero = 0;
  ASSERT_EQ(cublasSgemm(handle_, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, &one, a.data(), 1, b.data(), 1,
                        &zero, c.data(), 1),
            CUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_EQ(c.values()[0], 6);
}

TEST_F(CublasTest, FastTypesRoundTheirInputs) {
  // 1 + 2^-9 has a bit more than bfloat16 keeps, 1 + 2^-12 one more than TF32 keeps.
  const std::vector<float> values = {1 + 0x1p-9F, 1 + 0x1p-12F};
  const DeviceArray<float> a(values), b(std::vector<float>{1}), c(2);
  const auto products = [&](cublasComputeType_t compute) {
    const float one = 1, zero = 0;
    EXPECT_EQ(cublasGemmEx(handle_, CUBLAS_OP_N, CUBLAS_OP_N, 2, 1, 1, &one, a.data(), CUDA_R_32F,
                           2, b.data(), CUDA_R_32F, 1, &zero, c.data(), CUDA_R_32F, 2, compute,
                           CUBLAS_GEMM_DEFAULT),
              CUBLAS_STATUS_SUCCESS);
    EXPECT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
    return c.values();
  };
  EXPECT_EQ(products(CUBLAS_COMPUTE_32F), values);
  EXPECT_EQ(products(CUBLAS_COMPUTE_32F_FAST_TF32), (std::vector<float>{values[0], 1}));
  EXPECT_EQ(products(CUBLAS_COMPUTE_32F_FAST_16BF), (std::vector<float>{1, 1}));
  EXPECT_EQ(cublasSetMathMode(handle_, CUBLAS_TF32_TENSOR_OP_MATH), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(products(CUBLAS_COMPUTE_32F), (std::vector<float>{values[0], 1}));
  EXPECT_EQ(products(CUBLAS_COMPUTE_32F_PEDANTIC), values);
}

TEST_F(CublasTest, Bfloat16InputsGiveFloats) {
  const DeviceArray<__nv_bfloat16> a(std::vector<__nv_bfloat16>{1.5F, 255.F});
  const DeviceArray<__nv_bfloat16> b(std::vector<__nv_bfloat16>{3.F, 255.F});
  const DeviceArray<float> c(1);
  const float one = 1, zero = 0;
  ASSERT_EQ(cublasGemmEx(handle_, CUBLAS_OP_T, CUBLAS_OP_N, 1, 1, 2, &one, a.data(), CUDA_R_16BF, 2,
                         b.data(), CUDA_R_16BF, 2, &zero, c.data(), CUDA_R_32F, 1,
                         CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT),
            CUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_EQ(c.values()[0], 4.5F + 255 * 255);
}

TEST_F(CublasTest, ScalarsMayLieOnTheDevice) {
  const DeviceArray<float> a(std::vector<float>{2}), b(std::vector<float>{3}),
      c(std::vector<float>{1});
  const DeviceArray<float> scalars(std::vector<float>{10, 5});
  ASSERT_EQ(cublasSetPointerMode(handle_, CUBLAS_POINTER_MODE_DEVICE), CUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(cublasSgemm(handle_, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, scalars.data(), a.data(), 1,
                        b.data(), 1, scalars.data() + 1, c.data(), 1),
            CUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_EQ(c.values()[0], 65);
  const float one = 1;
  EXPECT_THAT(failure_of([&] {
                cublasSgemm(handle_, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, &one, a.data(), 1, b.data(),
                            1, &one, c.data(), 1);
              }),
              HasSubstr("alpha is at"));
}

TEST_F(CublasTest, ArgumentsThatContradictEachOtherAreRefused) {
  EXPECT_EQ(status_of([](Call&) {}), CUBLAS_STATUS_SUCCESS);
  for (const auto& change : std::vector<std::function<void(Call&)>>{
           [](Call& x) { x.m = -1; }, [](Call& x) { x.n = -1; }, [](Call& x) { x.k = -1; },
           [](Call& x) { x.lda = 3; }, [](Call& x) { x.ldb = 3; }, [](Call& x) { x.ldc = 3; },
           [](Call& x) { x.alpha = nullptr; }, [](Call& x) { x.beta = nullptr; },
           [](Call& x) { x.op_a = static_cast<cublasOperation_t>(7); }}) {
    EXPECT_EQ(status_of(change), CUBLAS_STATUS_INVALID_VALUE);
  }
  EXPECT_EQ(emulation::api_errors().back(),
            "cublasGemmEx: CUBLAS_STATUS_INVALID_VALUE: an operation");
  EXPECT_EQ(status_of([](Call& x) { x.m = 0; }), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(status_of([](Call& x) { x.lda = 2, x.m = 2; }), CUBLAS_STATUS_SUCCESS);
}

// A leading dimension must be that of the matrix as it is stored.
TEST_F(CublasTest, LeadingDimensionsAreCheckedAgainstTheOperation) {
  const auto wide = [](Call& x) { x.m = 2, x.k = 8, x.lda = 2, x.ldb = 8, x.n = 2; };
  EXPECT_EQ(status_of(wide), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(status_of([&](Call& x) { wide(x), x.op_a = CUBLAS_OP_T; }),
            CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(status_of([&](Call& x) { wide(x), x.op_a = CUBLAS_OP_T, x.lda = 8; }),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(status_of([&](Call& x) { wide(x), x.op_b = CUBLAS_OP_T, x.ldb = 2; }),
            CUBLAS_STATUS_SUCCESS);
}

TEST_F(CublasTest, MatricesMustFitTheirAllocations) {
  EXPECT_THAT(failure_of([&] { status_of([](Call& x) { x.a_offset = 1; }); }),
              HasSubstr("cublasGemmEx: A takes 64 bytes from byte 4 of the 64 bytes"));
  EXPECT_THAT(failure_of([&] { status_of([](Call& x) { x.ldb = 5; }); }),
              HasSubstr("B takes 76 bytes from byte 0 of the 64 bytes"));
  EXPECT_THAT(failure_of([&] { status_of([](Call& x) { x.ldc = 5; }); }), HasSubstr("C takes 76"));
}

TEST_F(CublasTest, PointersMustBeOfTheDeviceAndApart) {
  const DeviceArray<float> a(16);
  std::vector<float> host(16);
  const float one = 1, zero = 0;
  const auto product = [&](const float* x, float* y) {
    return failure_of([&] {
      cublasSgemm(handle_, CUBLAS_OP_N, CUBLAS_OP_N, 2, 2, 2, &one, x, 2, x, 2, &zero, y, 2);
    });
  };
  EXPECT_EQ(product(a.data(), a.data() + 8), "");
  EXPECT_THAT(product(host.data(), a.data()), HasSubstr("which is not device memory"));
  EXPECT_THAT(product(a.data(), a.data() + 3), HasSubstr("C overlaps A or B"));
  EXPECT_THAT(product(nullptr, a.data()), HasSubstr("A is at"));
}

TEST_F(CublasTest, TheWorkspaceIsCheckedAndForgottenWithTheStream) {
  const DeviceArray<char> workspace(1024);
  EXPECT_EQ(cublasSetWorkspace(handle_, workspace.data(), 1024), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(status_of([](Call&) {}), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(cublasSetWorkspace(handle_, workspace.data() + 16, 16), CUBLAS_STATUS_INVALID_VALUE);
  EXPECT_THAT(failure_of([&] { cublasSetWorkspace(handle_, workspace.data(), 1025); }),
              HasSubstr("takes 1025 bytes"));
}

TEST_F(CublasTest, AHandleMustExist) {
  EXPECT_EQ(emulation::live_objects(), 2U);
  EXPECT_EQ(cublasDestroy(handle_), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(cublasDestroy(handle_), CUBLAS_STATUS_NOT_INITIALIZED);
  EXPECT_EQ(status_of([](Call&) {}), CUBLAS_STATUS_NOT_INITIALIZED);
  EXPECT_EQ(cublasSetStream(handle_, stream_), CUBLAS_STATUS_NOT_INITIALIZED);
  EXPECT_STREQ(cublasGetStatusName(CUBLAS_STATUS_NOT_INITIALIZED), "CUBLAS_STATUS_NOT_INITIALIZED");
}

TEST_F(CublasTest, AProductIsCapturedAndReplayed) {
  const DeviceArray<float> a(std::vector<float>{2}), c(std::vector<float>{1});
  const float one = 1;
  ASSERT_EQ(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), cudaSuccess);
  ASSERT_EQ(cublasSgemm(handle_, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, &one, a.data(), 1, a.data(), 1,
                        &one, c.data(), 1),
            CUBLAS_STATUS_SUCCESS);
  cudaGraph_t graph = nullptr;
  ASSERT_EQ(cudaStreamEndCapture(stream_, &graph), cudaSuccess);
  cudaGraphExec_t exec = nullptr;
  ASSERT_EQ(cudaGraphInstantiate(&exec, graph, 0), cudaSuccess);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(cudaGraphLaunch(exec, stream_), cudaSuccess);
  ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_EQ(c.values()[0], 13);
  EXPECT_EQ(emulation::counters().library_calls, 3U);
}

}  // namespace
}  // namespace emulation_test
