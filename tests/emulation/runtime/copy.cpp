// Copies and fills.
#include <cstring>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "emulation/runtime_api.h"
#include "runtime/arena.h"
#include "runtime/counters.h"
#include "runtime/failure.h"
#include "runtime/stream.h"
#include "runtime/turn.h"

namespace emulation {
namespace {

bool is_pageable(const void* pointer) {
  return !device_memory().contains(pointer) && !pinned_memory().contains(pointer);
}

struct Copy {
  void* to;
  const void* from;
  std::size_t bytes;
  bool to_device, from_device;

  // Of pageable memory nobody knows how far it reaches.
  bool check(const char* call) const {
    const std::string name = call;
    return (is_pageable(to) || check_range(to, bytes, name + ": the destination")) &&
           (is_pageable(from) || check_range(from, bytes, name + ": the source"));
  }
};

// The direction must be what the pointers are.
bool fits(const Copy& copy, cudaMemcpyKind kind) {
  switch (kind) {
    case cudaMemcpyHostToHost:
      return !copy.to_device && !copy.from_device;
    case cudaMemcpyHostToDevice:
      return copy.to_device && !copy.from_device;
    case cudaMemcpyDeviceToHost:
      return !copy.to_device && copy.from_device;
    case cudaMemcpyDeviceToDevice:
      return copy.to_device && copy.from_device;
    case cudaMemcpyDefault:
      return true;
  }
  return false;
}

void count(const Copy& copy) {
  if (copy.to_device && !copy.from_device) {
    ++counted().copies_to_device;
    counted().bytes_to_device += copy.bytes;
  }
  if (copy.from_device && !copy.to_device) {
    ++counted().copies_to_host;
    counted().bytes_to_host += copy.bytes;
  }
}

// Pageable sources are read now, as CUDA stages them; pinned ones and those of graphs when their
// turn comes.
std::function<void()> make_run(const Copy& copy, bool stage, const char* call) {
  std::shared_ptr<const std::vector<unsigned char>> staged;
  if (stage) {
    const auto* bytes = static_cast<const unsigned char*>(copy.from);
    staged = std::make_shared<const std::vector<unsigned char>>(bytes, bytes + copy.bytes);
  }
  return [copy, staged, call] {
    if (!copy.check(call)) return;
    count(copy);
    std::memmove(copy.to, staged ? staged->data() : copy.from, copy.bytes);
  };
}

cudaError_t queue_copy(const Copy& copy, cudaMemcpyKind kind, CUstream_st& stream,
                       cudaStream_t handle, const char* call) {
  if (copy.to == nullptr || copy.from == nullptr) return answer(cudaErrorInvalidValue, call);
  if (!fits(copy, kind)) return answer(cudaErrorInvalidMemcpyDirection, call);
  if (!copy.check(call)) return answer(cudaErrorInvalidValue, call);
  const bool stage = is_pageable(copy.from) && !stream.capture;
  return enqueue(
      handle, {fmt::format("copy {}", static_cast<int>(kind)), make_run(copy, stage, call)}, call);
}

cudaError_t queue_fill(void* to, int value, std::size_t bytes, cudaStream_t stream,
                       const char* call) {
  if (bytes == 0) return cudaSuccess;
  if (!check_range(to, bytes, call)) return answer(cudaErrorInvalidValue, call);
  const auto run = [=] {
    if (check_range(to, bytes, call)) std::memset(to, value, bytes);
  };
  return enqueue(stream, {"fill", run}, call);
}

Copy make_copy(void* to, const void* from, std::size_t bytes) {
  return {to, from, bytes, device_memory().contains(to), device_memory().contains(from)};
}

}  // namespace
}  // namespace emulation

using emulation::answer;

cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  const emulation::Turn turn;
  if (const cudaError_t error = emulation::refuse_in_capture("cudaMemcpy")) return error;
  if (bytes == 0) return cudaSuccess;
  CUstream_st& stream = emulation::legacy_stream();
  const cudaError_t error = emulation::queue_copy(emulation::make_copy(to, from, bytes), kind,
                                                  stream, nullptr, "cudaMemcpy");
  if (error != cudaSuccess) return error;
  ++emulation::counted().synchronisations;
  emulation::drain(stream.end());
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t handle) {
  const emulation::Turn turn;
  constexpr const char* kCall = "cudaMemcpyAsync";
  CUstream_st* stream = emulation::find_stream(handle);
  if (stream == nullptr) return answer(cudaErrorInvalidResourceHandle, kCall);
  if (bytes == 0) return cudaSuccess;
  const emulation::Copy copy = emulation::make_copy(to, from, bytes);
  const cudaError_t error = emulation::queue_copy(copy, kind, *stream, handle, kCall);
  if (error != cudaSuccess || stream->capture) return error;
  // Into pageable memory CUDA copies by way of its own, and returns when that is done.
  if (emulation::is_pageable(to)) {
    ++emulation::counted().synchronisations;
    emulation::drain(stream->end());
  }
  return cudaSuccess;
}

cudaError_t cudaMemset(void* to, int value, std::size_t bytes) {
  const emulation::Turn turn;
  if (const cudaError_t error = emulation::refuse_in_capture("cudaMemset")) return error;
  return emulation::queue_fill(to, value, bytes, nullptr, "cudaMemset");
}

cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t stream) {
  const emulation::Turn turn;
  return emulation::queue_fill(to, value, bytes, stream, "cudaMemsetAsync");
}
