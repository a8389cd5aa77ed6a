// The CUDA backend's limits and errors: memory, options, messages.
#include <stdexcept>

#include "backend/cuda/gpus.h"
#include "emulation.h"
#include "support/expect_error.h"
#include "train/agreement.h"

namespace kilat {
namespace {

class DeviceTest : public testing::Test {
 protected:
  void TearDown() override {
    emulation::set_device_memory(std::size_t{4} << 30);
    emulation::set_device_count(1);
  }
};

TEST_F(DeviceTest, OutOfMemoryNamesWhatIsNeededAndWhatIsFree) {
  emulation::set_device_memory(std::size_t{64} << 20);
  const Dataset data = stripes(100'000, 784, 10, 1);
  expect_error([&] { trainer_of(tested_device(2), tiny_recipe(), data); },
               {"out of GPU memory", "MiB more are needed", "MiB are free", "--device cpu"},
               Failure::run);
}

TEST_F(DeviceTest, AFailedCallIsNamedWithItsPlaceAndCudasWords) {
  expect_error([] { KILAT_CUDA(cudaSetDevice(7)); },
               {"cudaErrorInvalidDevice", "cudaSetDevice(7)", "device_test.cpp:"}, Failure::run);
  expect_error([] { KILAT_CUBLAS(cublasSetStream(nullptr, nullptr)); },
               {"CUBLAS_STATUS_NOT_INITIALIZED", "cublasSetStream", "device_test.cpp:"},
               Failure::run);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
}

TEST_F(DeviceTest, WithoutAGpuNoneIsListedAndNoErrorIsLeft) {
  emulation::set_device_count(0);
  EXPECT_TRUE(list_gpus().empty());
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
}

TEST_F(DeviceTest, AnExtentThatCublasDoesNotTakeIsRefused) {
  Cuda cuda({});
  constexpr std::size_t kExtent = std::size_t{1} << 31;
  expect_error(
      [&] {
        cuda.gemm({nullptr, 1, kExtent}, {nullptr, 1, 1}, {nullptr, 1, kExtent}, false);
      },
      {"2147483648", "cuBLAS"});
}

TEST_F(DeviceTest, WhatFailsWhileItIsRecordedIsThrownOnAndMayBeRecordedAgain) {
  Cuda cuda({});
  std::vector<DeviceBuffer<float>> blocks;
  for (const float value : {1.0F, 10.0F}) {
    blocks.push_back(cuda.buffer<float>(1));
    cuda.upload(std::span(&value, 1), blocks.back());
  }
  int runs = 0;
  const auto add = [&] {
    ++runs;
    cuda.sum_blocks(blocks, 2);
  };
  cuda.replay(1, 1, add);
  const auto fail = [&] {
    add();
    throw std::runtime_error("in the midst of a step");
  };
  EXPECT_THROW(cuda.replay(1, 1, fail), std::runtime_error);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  cuda.replay(1, 1, add);  // recorded, and launched
  cuda.replay(1, 1, add);  // launched
  EXPECT_EQ(runs, 3);
  float sum = 0;
  cuda.download(blocks[0], std::span(&sum, 1));
  EXPECT_EQ(sum, 1 + 3 * 10);
}

TEST_F(DeviceTest, ChecksAfterEachLaunchGiveTheSameBits) {
  const Dataset data = stripes(170, 20, 4, 1);
  Device device = tested_device(2);
  const auto wanted = parameters_after(device, tiny_recipe(), data, 15);
  device.sync = true;
  emulation::reset_counters();
  EXPECT_EQ(parameters_after(device, tiny_recipe(), data, 15), wanted);
  EXPECT_EQ(emulation::counters().graph_launches, 0U);
  EXPECT_GT(emulation::counters().synchronisations, 15 * 5U);
}

TEST_F(DeviceTest, AProfileTimesThePhasesAndChangesNothing) {
  const Dataset data = stripes(170, 20, 4, 1);
  const auto plain = trainer_of(tested_device(2), tiny_recipe(), data);
  const auto profiled = trainer_of(tested_device(2), tiny_recipe(), data);
  for (int i = 0; i < 9; ++i) plain->step();
  for (int i = 0; i < 4; ++i) profiled->step();
  const PhaseSeconds seconds = profiled->profile(5);
  EXPECT_EQ(profiled->state().parameters, plain->state().parameters);
  EXPECT_EQ(seconds[static_cast<std::size_t>(Phase::none)], 0);
  for (const Phase phase : {Phase::gather, Phase::forward, Phase::backward, Phase::update}) {
    EXPECT_GT(seconds[static_cast<std::size_t>(phase)], 0);
  }
}

TEST_F(DeviceTest, TensorCorePrecisionsRoundTheInputsOfProducts) {
  const Dataset data = stripes(170, 20, 4, 1);
  const auto after = [&](Precision precision) {
    Recipe recipe = tiny_recipe();
    recipe.precision = precision;
    return parameters_after(tested_device(2), recipe, data, 20);
  };
  const auto fp32 = after(Precision::fp32);
  const auto distance = [&](const std::vector<float>& other) {
    double largest = 0;
    for (std::size_t i = 0; i < fp32.size(); ++i) {
      largest = std::max(largest, std::abs(double{fp32[i]} - double{other[i]}));
    }
    return largest;
  };
  const double tf32 = distance(after(Precision::tf32)), bf16 = distance(after(Precision::bf16));
  EXPECT_GT(tf32, 1e-6);
  EXPECT_LT(tf32, 1e-2);
  EXPECT_GT(bf16, 2 * tf32);
  EXPECT_LT(bf16, 1e-1);
}

TEST_F(DeviceTest, OnlyGpusTakeTensorCorePrecisions) {
  Recipe recipe = tiny_recipe();
  recipe.precision = Precision::tf32;
  expect_error([&] { trainer_of(choose_device("cpu", 1), recipe, stripes(100, 20, 4, 1)); },
               {"--precision", "--device cuda"});
}

}  // namespace
}  // namespace kilat
