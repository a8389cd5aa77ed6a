// The GPUs of this machine.
#include "backend/cuda/gpus.h"

#include <fmt/format.h>

#include "kernels/check.h"
#include "kernels/probe.h"

namespace kilat {
namespace {

int attribute(cudaDeviceAttr which, int device) {
  int value = 0;
  KILAT_CUDA(cudaDeviceGetAttribute(&value, which, device));
  return value;
}

// Why the device cannot run this build's kernels; empty if it can.
std::string find_obstacle(int device, const Gpu& gpu) {
  if (const cudaError_t error = cudaSetDevice(device); error != cudaSuccess) {
    cudaGetLastError();
    return cudaGetErrorString(error);
  }
  if (kernels::has_kernels()) return "";
  return fmt::format("compute capability {}.{} is none that this build was compiled for", gpu.major,
                     gpu.minor);
}

Gpu describe(int index) {
  cudaDeviceProp properties = {};
  KILAT_CUDA(cudaGetDeviceProperties(&properties, index));
  Gpu gpu;
  gpu.index = index;
  gpu.name = properties.name;
  gpu.memory_bytes = properties.totalGlobalMem;
  gpu.multiprocessors = properties.multiProcessorCount;
  gpu.major = properties.major;
  gpu.minor = properties.minor;
  gpu.clock_hertz = attribute(cudaDevAttrClockRate, index) * 1e3;
  gpu.memory_clock_hertz = attribute(cudaDevAttrMemoryClockRate, index) * 1e3;
  gpu.memory_bus_bits = attribute(cudaDevAttrGlobalMemoryBusWidth, index);
  gpu.obstacle = find_obstacle(index, gpu);
  return gpu;
}

}  // namespace

std::vector<Gpu> list_gpus() {
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess) {
    cudaGetLastError();
    return {};
  }
  std::vector<Gpu> gpus;
  for (int i = 0; i < count; ++i) gpus.push_back(describe(i));
  return gpus;
}

}  // namespace kilat
