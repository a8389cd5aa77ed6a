#include "runtime/device.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include <fmt/format.h>

#include "emulation.h"
#include "emulation/runtime_api.h"
#include "runtime/arena.h"
#include "runtime/failure.h"
#include "runtime/stream.h"
#include "runtime/turn.h"

namespace emulation {
namespace {

constexpr std::size_t kMemoryBytes = std::size_t{4} << 30;

int count = 1;
std::size_t memory_bytes = kMemoryBytes;

struct Capability {
  int major = 9, minor = 0;
};
Capability capability;

std::map<const void*, int>& dynamic_limits() {
  static std::map<const void*, int> limits;
  return limits;
}

std::set<const void*>& kernels_of_large_clusters() {
  static std::set<const void*> kernels;
  return kernels;
}

}  // namespace

void set_device_count(int devices) { count = devices; }
void set_device_memory(std::size_t bytes) { memory_bytes = bytes; }
void set_compute_capability(int major, int minor) { capability = {major, minor}; }
int device_count() { return count; }
int compute_capability_major() { return capability.major; }
std::size_t device_memory_size() { return memory_bytes; }

std::size_t free_device_memory() {
  const std::size_t used = device_memory().live_bytes();
  return used < memory_bytes ? memory_bytes - used : 0;
}

void reset_device() {
  count = 1;
  memory_bytes = kMemoryBytes;
  capability = {};
  dynamic_limits().clear();
  kernels_of_large_clusters().clear();
}

unsigned cluster_limit(const void* kernel) {
  if (capability.major < 9) return 1;
  return kernels_of_large_clusters().contains(kernel) ? kBlocksPerLargeCluster : kBlocksPerCluster;
}

std::size_t dynamic_shared_limit(const void* kernel) {
  const auto found = dynamic_limits().find(kernel);
  return found == dynamic_limits().end() ? kSharedPerBlock
                                         : static_cast<std::size_t>(found->second);
}

int blocks_per_multiprocessor(std::size_t threads, std::size_t dynamic_shared_bytes) {
  constexpr std::size_t kReservedPerBlock = 1 << 10;
  if (threads == 0 || threads > kThreadsPerBlock) return 0;
  const std::size_t warps = (threads + 31) / 32;
  const std::size_t by_threads = kThreadsPerMultiprocessor / (warps * 32);
  const std::size_t by_shared =
      kSharedPerMultiprocessor / (dynamic_shared_bytes + kReservedPerBlock);
  return static_cast<int>(
      std::min({by_threads, by_shared, static_cast<std::size_t>(kBlocksPerMultiprocessor)}));
}

}  // namespace emulation

using emulation::answer;

cudaError_t cudaGetDeviceCount(int* count) {
  const emulation::Turn turn;
  if (count == nullptr) return answer(cudaErrorInvalidValue, "cudaGetDeviceCount");
  *count = emulation::device_count();
  return *count > 0 ? cudaSuccess : answer(cudaErrorNoDevice, "cudaGetDeviceCount");
}

cudaError_t cudaSetDevice(int device) {
  const emulation::Turn turn;
  if (device >= 0 && device < emulation::device_count()) return cudaSuccess;
  return answer(cudaErrorInvalidDevice, "cudaSetDevice", fmt::format("{}", device));
}

cudaError_t cudaGetDevice(int* device) {
  const emulation::Turn turn;
  if (device == nullptr) return answer(cudaErrorInvalidValue, "cudaGetDevice");
  *device = 0;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  const emulation::Turn turn;
  if (properties == nullptr) return answer(cudaErrorInvalidValue, "cudaGetDeviceProperties");
  if (device < 0 || device >= emulation::device_count()) {
    return answer(cudaErrorInvalidDevice, "cudaGetDeviceProperties");
  }
  cudaDeviceProp& p = *properties = {};
  std::strcpy(p.name, "Emulated GPU");
  p.totalGlobalMem = emulation::device_memory_size();
  p.sharedMemPerBlock = emulation::kSharedPerBlock;
  p.sharedMemPerBlockOptin = emulation::kSharedPerBlockOptIn;
  p.sharedMemPerMultiprocessor = emulation::kSharedPerMultiprocessor;
  p.regsPerBlock = 65536;
  p.warpSize = 32;
  p.maxThreadsPerBlock = emulation::kThreadsPerBlock;
  p.maxThreadsPerMultiProcessor = emulation::kThreadsPerMultiprocessor;
  const dim3 block = emulation::kMaxBlock, grid = emulation::kMaxGrid;
  const unsigned extents[2][3] = {{block.x, block.y, block.z}, {grid.x, grid.y, grid.z}};
  for (int i = 0; i < 3; ++i) {
    p.maxThreadsDim[i] = static_cast<int>(extents[0][i]);
    p.maxGridSize[i] = static_cast<int>(extents[1][i]);
  }
  p.major = emulation::capability.major;
  p.minor = emulation::capability.minor;
  p.multiProcessorCount = emulation::kMultiprocessors;
  p.l2CacheSize = 50 << 20;
  p.memoryBusWidth = 5120;
  p.cooperativeLaunch = 1;
  p.canMapHostMemory = 1;
  p.unifiedAddressing = 1;
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  const emulation::Turn turn;
  constexpr const char* kCall = "cudaDeviceGetAttribute";
  if (value == nullptr) return answer(cudaErrorInvalidValue, kCall);
  if (device < 0 || device >= emulation::device_count()) {
    return answer(cudaErrorInvalidDevice, kCall);
  }
  static const std::map<cudaDeviceAttr, std::size_t> values = {
      {cudaDevAttrMaxThreadsPerBlock, emulation::kThreadsPerBlock},
      {cudaDevAttrMaxSharedMemoryPerBlock, emulation::kSharedPerBlock},
      {cudaDevAttrWarpSize, 32},
      {cudaDevAttrClockRate, 1'000'000},
      {cudaDevAttrMultiProcessorCount, emulation::kMultiprocessors},
      {cudaDevAttrMemoryClockRate, 1'000'000},
      {cudaDevAttrGlobalMemoryBusWidth, 5120},
      {cudaDevAttrL2CacheSize, 50 << 20},
      {cudaDevAttrMaxThreadsPerMultiProcessor, emulation::kThreadsPerMultiprocessor},
      {cudaDevAttrMaxSharedMemoryPerMultiprocessor, emulation::kSharedPerMultiprocessor},
      {cudaDevAttrCooperativeLaunch, 1},
      {cudaDevAttrMaxSharedMemoryPerBlockOptin, emulation::kSharedPerBlockOptIn},
      {cudaDevAttrMemoryPoolsSupported, 1}};
  if (attribute == cudaDevAttrComputeCapabilityMajor) {
    *value = emulation::capability.major;
    return cudaSuccess;
  }
  if (attribute == cudaDevAttrComputeCapabilityMinor) {
    *value = emulation::capability.minor;
    return cudaSuccess;
  }
  const auto found = values.find(attribute);
  if (found == values.end()) return answer(cudaErrorInvalidValue, kCall);
  *value = static_cast<int>(found->second);
  return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int* version) {
  const emulation::Turn turn;
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) {
  const emulation::Turn turn;
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute attribute, int value) {
  const emulation::Turn turn;
  if (attribute == cudaFuncAttributeNonPortableClusterSizeAllowed) {
    if (emulation::capability.major < 9) {
      return answer(cudaErrorNotSupported, "cudaFuncSetAttribute", "clusters");
    }
    emulation::kernels_of_large_clusters().insert(kernel);
    if (value == 0) emulation::kernels_of_large_clusters().erase(kernel);
    return cudaSuccess;
  }
  if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize) return cudaSuccess;
  if (value < 0 || static_cast<std::size_t>(value) > emulation::kSharedPerBlockOptIn) {
    return answer(cudaErrorInvalidValue, "cudaFuncSetAttribute");
  }
  emulation::dynamic_limits()[kernel] = value;
  return cudaSuccess;
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void* kernel) {
  const emulation::Turn turn;
  if (attributes == nullptr) return answer(cudaErrorInvalidValue, "cudaFuncGetAttributes");
  if (kernel == nullptr) return answer(cudaErrorInvalidDeviceFunction, "cudaFuncGetAttributes");
  *attributes = {};
  attributes->maxThreadsPerBlock = emulation::kThreadsPerBlock;
  attributes->numRegs = 32;
  attributes->ptxVersion = attributes->binaryVersion = 90;
  attributes->maxDynamicSharedSizeBytes = static_cast<int>(emulation::dynamic_shared_limit(kernel));
  return cudaSuccess;
}

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void* kernel,
                                                          int block_size,
                                                          std::size_t dynamic_shared_bytes) {
  const emulation::Turn turn;
  if (blocks == nullptr || kernel == nullptr || block_size <= 0) {
    return answer(cudaErrorInvalidValue, "cudaOccupancyMaxActiveBlocksPerMultiprocessor");
  }
  *blocks = emulation::blocks_per_multiprocessor(static_cast<std::size_t>(block_size),
                                                 dynamic_shared_bytes);
  return cudaSuccess;
}

cudaError_t cudaOccupancyMaxActiveClusters(int* clusters, const void* kernel,
                                           const cudaLaunchConfig_t* config) {
  const emulation::Turn turn;
  constexpr const char* kCall = "cudaOccupancyMaxActiveClusters";
  if (clusters == nullptr || kernel == nullptr || config == nullptr) {
    return answer(cudaErrorInvalidValue, kCall);
  }
  unsigned blocks = 1;
  for (unsigned i = 0; i < config->numAttrs; ++i) {
    const cudaLaunchAttribute& attribute = config->attrs[i];
    if (attribute.id == cudaLaunchAttributeClusterDimension) blocks = attribute.val.clusterDim.x;
  }
  if (blocks == 0 || blocks > emulation::cluster_limit(kernel)) {
    return answer(cudaErrorInvalidClusterSize, kCall);
  }
  const dim3& block = config->blockDim;
  const int at_once = emulation::blocks_per_multiprocessor(std::size_t{block.x} * block.y * block.z,
                                                           config->dynamicSmemBytes);
  *clusters = at_once * emulation::kClusterMultiprocessors / static_cast<int>(blocks);
  return cudaSuccess;
}
