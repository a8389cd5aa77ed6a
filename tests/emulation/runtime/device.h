// The one pretended device.
#pragma once

#include <cstddef>

#include "emulation/vector_types.h"

namespace emulation {

// Of an H100.
constexpr int kMultiprocessors = 132;
// Of those that hold clusters, so that two large ones fit.
constexpr int kClusterMultiprocessors = 32;
constexpr int kThreadsPerBlock = 1024;
constexpr int kThreadsPerMultiprocessor = 2048;
constexpr int kBlocksPerMultiprocessor = 32;
constexpr unsigned kBlocksPerCluster = 8, kBlocksPerLargeCluster = 16;
constexpr std::size_t kSharedPerBlock = 48 << 10;
constexpr std::size_t kSharedPerBlockOptIn = 227 << 10;
constexpr std::size_t kSharedPerMultiprocessor = 228 << 10;
constexpr dim3 kMaxBlock = {1024, 1024, 64};
constexpr dim3 kMaxGrid = {2147483647, 65535, 65535};

std::size_t device_memory_size();
std::size_t free_device_memory();
int device_count();
int compute_capability_major();
void reset_device();

// How much dynamic shared memory a launch of the kernel may ask for.
std::size_t dynamic_shared_limit(const void* kernel);
// Blocks that a cluster of the kernel may have.
unsigned cluster_limit(const void* kernel);
// Blocks of the kernel that one multiprocessor holds at once; 0 if not even one.
int blocks_per_multiprocessor(std::size_t threads, std::size_t dynamic_shared_bytes);

}  // namespace emulation
