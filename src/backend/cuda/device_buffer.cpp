#include "backend/cuda/device_buffer.h"

#include <fmt/format.h>

#include <kilat/error.h>

namespace kilat {
namespace {

double in_mebibytes(std::size_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

[[noreturn]] void throw_out_of_memory(std::size_t bytes) {
  cudaGetLastError();  // clears the error, so that it is not reported again
  std::size_t free = 0, total = 0;
  cudaMemGetInfo(&free, &total);
  throw Error(fmt::format("out of GPU memory: {:.1f} MiB more are needed, {:.1f} of {:.1f} MiB are "
                          "free; use a smaller batch or network, or --device cpu",
                          in_mebibytes(bytes), in_mebibytes(free), in_mebibytes(total)),
              Failure::run);
}

}  // namespace

void* allocate_on_device(std::size_t bytes, cudaStream_t stream) {
  if (bytes == 0) return nullptr;
  void* memory = nullptr;
  const cudaError_t error = cudaMallocAsync(&memory, bytes, stream);
  if (error == cudaErrorMemoryAllocation) throw_out_of_memory(bytes);
  KILAT_CUDA(error);
  KILAT_CUDA(cudaMemsetAsync(memory, 0, bytes, stream));
  return memory;
}

void free_on_device(void* memory, cudaStream_t stream) noexcept {
  if (memory != nullptr) cudaFreeAsync(memory, stream);
}

}  // namespace kilat
