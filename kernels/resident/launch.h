// Launching the engine's kernels: blocks with a run's shared memory.
#pragma once

#include "kernels/check.h"
#include "kernels/resident/resident.h"

namespace kilat::kernels::resident {

// `attribute` may be null; `argument` is the kernel's only one.
template <class Argument>
void launch_blocks(cudaStream_t stream, dim3 blocks, void (*kernel)(Argument),
                   const Argument& argument, const Layout& layout, cudaLaunchAttribute* attribute,
                   unsigned threads = kThreads) {
  cudaLaunchConfig_t config = {};
  config.gridDim = blocks;
  config.blockDim = threads;
  config.dynamicSmemBytes = layout.bytes();
  config.stream = stream;
  config.attrs = attribute;
  config.numAttrs = attribute == nullptr ? 0 : 1;
  const auto bytes = static_cast<int>(config.dynamicSmemBytes);
  KILAT_CUDA(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes));
  KILAT_CUDA(cudaLaunchKernelEx(&config, kernel, argument));
  if (synchronous_launches) KILAT_CUDA(cudaStreamSynchronize(stream));
}

// Of a grid whose blocks wait for each other.
inline cudaLaunchAttribute cooperative() {
  cudaLaunchAttribute attribute = {};
  attribute.id = cudaLaunchAttributeCooperative;
  attribute.val.cooperative = 1;
  return attribute;
}

}  // namespace kilat::kernels::resident
