// Allocation of device memory and of pinned host memory.
#include <fmt/format.h>

#include "emulation/runtime_api.h"
#include "runtime/arena.h"
#include "runtime/counters.h"
#include "runtime/device.h"
#include "runtime/failure.h"
#include "runtime/stream.h"
#include "runtime/turn.h"

namespace emulation {
namespace {

cudaError_t allocate(Arena& arena, void** pointer, std::size_t bytes, const char* call) {
  if (pointer == nullptr) return answer(cudaErrorInvalidValue, call);
  *pointer = nullptr;
  if (bytes == 0) return cudaSuccess;
  if (&arena == &device_memory()) {
    if (bytes > free_device_memory() && !is_capturing()) drain_all();  // frees may be pending
    if (bytes > free_device_memory()) {
      return answer(cudaErrorMemoryAllocation, call,
                    fmt::format("{} bytes of {}", bytes, free_device_memory()));
    }
  }
  *pointer = arena.allocate(bytes);
  if (*pointer == nullptr) return answer(cudaErrorMemoryAllocation, call, "out of addresses");
  ++counted().allocations;
  return cudaSuccess;
}

// What to free; null if nothing can be freed, which is told.
Allocation* find_freeable(Arena& arena, void* pointer, const char* call) {
  Allocation* allocation = arena.find_start(pointer);
  if (allocation != nullptr && !allocation->free_queued) return allocation;
  const Allocation* found = arena.contains(pointer) ? arena.find(pointer) : nullptr;
  const bool twice = found != nullptr && (!found->live || found->free_queued);
  fail(fmt::format("{}: {} {}", call, twice ? "double free of" : "nothing was allocated at",
                   arena.contains(pointer) ? arena.describe(pointer) : fmt::format("{}", pointer)));
  return nullptr;
}

cudaError_t free(Arena& arena, void* pointer, const char* call) {
  if (pointer == nullptr) return cudaSuccess;
  if (const cudaError_t error = refuse_in_capture(call)) return error;
  Allocation* allocation = find_freeable(arena, pointer, call);
  if (allocation == nullptr) return answer(cudaErrorInvalidValue, call);
  drain_all();
  arena.free(*allocation);
  ++counted().frees;
  return cudaSuccess;
}

}  // namespace
}  // namespace emulation

using emulation::answer;

cudaError_t cudaMalloc(void** pointer, std::size_t bytes) {
  const emulation::Turn turn;
  if (const cudaError_t error = emulation::refuse_in_capture("cudaMalloc")) return error;
  return emulation::allocate(emulation::device_memory(), pointer, bytes, "cudaMalloc");
}

cudaError_t cudaFree(void* pointer) {
  const emulation::Turn turn;
  return emulation::free(emulation::device_memory(), pointer, "cudaFree");
}

cudaError_t cudaMallocAsync(void** pointer, std::size_t bytes, cudaStream_t handle) {
  const emulation::Turn turn;
  constexpr const char* kCall = "cudaMallocAsync";
  const CUstream_st* stream = emulation::find_stream(handle);
  if (stream == nullptr) return answer(cudaErrorInvalidResourceHandle, kCall);
  if (stream->capture) {
    emulation::invalidate_captures();
    return answer(cudaErrorNotSupported, kCall, "memory nodes of graphs are not emulated");
  }
  return emulation::allocate(emulation::device_memory(), pointer, bytes, kCall);
}

// The memory is the program's until here in its own stream's order. Its address must not be
// passed to anything that is called later, in whichever stream.
cudaError_t cudaFreeAsync(void* pointer, cudaStream_t handle) {
  const emulation::Turn turn;
  constexpr const char* kCall = "cudaFreeAsync";
  const CUstream_st* stream = emulation::find_stream(handle);
  if (stream == nullptr) return answer(cudaErrorInvalidResourceHandle, kCall);
  if (pointer == nullptr) return cudaSuccess;
  if (stream->capture) {
    emulation::invalidate_captures();
    return answer(cudaErrorNotSupported, kCall, "memory nodes of graphs are not emulated");
  }
  emulation::Allocation* allocation =
      emulation::find_freeable(emulation::device_memory(), pointer, kCall);
  if (allocation == nullptr) return answer(cudaErrorInvalidValue, kCall);
  const auto run = [allocation] { emulation::device_memory().free(*allocation); };
  if (const cudaError_t error = emulation::enqueue(handle, {"free", run}, kCall)) return error;
  allocation->free_queued = true;
  ++emulation::counted().frees;
  return cudaSuccess;
}

cudaError_t cudaMallocHost(void** pointer, std::size_t bytes) {
  const emulation::Turn turn;
  return cudaHostAlloc(pointer, bytes, cudaHostAllocDefault);
}

cudaError_t cudaHostAlloc(void** pointer, std::size_t bytes, unsigned flags) {
  const emulation::Turn turn;
  if (const cudaError_t error = emulation::refuse_in_capture("cudaHostAlloc")) return error;
  if (flags > 7) return answer(cudaErrorInvalidValue, "cudaHostAlloc");
  return emulation::allocate(emulation::pinned_memory(), pointer, bytes, "cudaHostAlloc");
}

cudaError_t cudaFreeHost(void* pointer) {
  const emulation::Turn turn;
  return emulation::free(emulation::pinned_memory(), pointer, "cudaFreeHost");
}

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  const emulation::Turn turn;
  if (free == nullptr || total == nullptr) return answer(cudaErrorInvalidValue, "cudaMemGetInfo");
  *free = emulation::free_device_memory();
  *total = emulation::device_memory_size();
  return cudaSuccess;
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* pointer) {
  const emulation::Turn turn;
  if (attributes == nullptr) return answer(cudaErrorInvalidValue, "cudaPointerGetAttributes");
  *attributes = {cudaMemoryTypeUnregistered, 0, nullptr, nullptr};
  for (emulation::Arena* arena : {&emulation::device_memory(), &emulation::pinned_memory()}) {
    const emulation::Allocation* found = arena->contains(pointer) ? arena->find(pointer) : nullptr;
    if (found == nullptr || !found->live) continue;
    const bool device = arena == &emulation::device_memory();
    attributes->type = device ? cudaMemoryTypeDevice : cudaMemoryTypeHost;
    attributes->devicePointer = const_cast<void*>(pointer);
    attributes->hostPointer = device ? nullptr : const_cast<void*>(pointer);
  }
  return cudaSuccess;
}

cudaError_t cudaDeviceReset() {
  const emulation::Turn turn;
  if (const cudaError_t error = emulation::refuse_in_capture("cudaDeviceReset")) return error;
  emulation::drain_all();
  const std::string leaks =
      emulation::device_memory().describe_live() + emulation::pinned_memory().describe_live();
  if (!leaks.empty()) emulation::fail("leak: cudaDeviceReset finds " + leaks);
  emulation::device_memory().free_all();
  emulation::pinned_memory().free_all();
  return cudaSuccess;
}
