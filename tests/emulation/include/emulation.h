// What tests see of the emulated device: its schedule, its counters, its limits, its failures.
//
// Not seen are kernels that reach the host's memory other than by their arguments, writes that hit
// another variable or allocation squarely, and what only time would show. Atomics and fences order
// everything. Threads of the host use the device in turn, a call at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace emulation {

// The order in which blocks, warps, threads and streams run follows from the seed alone.
void set_schedule(std::uint64_t seed);

void set_device_count(int count);
void set_device_memory(std::size_t bytes);
void set_compute_capability(int major, int minor);

struct Counters {
  std::size_t launches = 0;        // of kernels, outside graphs
  std::size_t graph_launches = 0;  // of whole graphs
  std::size_t allocations = 0;     // of device and pinned memory
  std::size_t frees = 0;
  std::size_t synchronisations = 0;  // the host waited, or would have
  std::size_t copies_to_host = 0;
  std::size_t copies_to_device = 0;
  std::size_t bytes_to_host = 0;
  std::size_t bytes_to_device = 0;
  std::size_t library_calls = 0;               // of cuBLAS and CUB, executed
  std::map<std::string, std::size_t> kernels;  // times executed, in graphs too
};
Counters counters();
void reset_counters();

// Device and pinned memory not freed yet.
std::size_t live_allocations();
// Streams, events, graphs, cuBLAS handles and the like not destroyed yet.
std::size_t live_objects();

// Errors that calls have returned, as "cudaMalloc: cudaErrorMemoryAllocation: why", oldest first.
std::vector<std::string> api_errors();

// A failure is what a real device would not have reported, or only as damage later: divergent
// barriers, memory out of bounds, leaks. The handler is told in one line; the default prints the
// line and aborts. One that throws ends the launch or the call that failed. Faults of memory
// access (device memory touched by the host, guard pages touched by a kernel) always abort, after
// the same line: there is no way back from them.
using FailureHandler = std::function<void(const std::string&)>;
void set_failure_handler(FailureHandler handler);

struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// A handler for tests: throws the line as a Failure.
void throw_failure(const std::string& line);

// The nvtx ranges. To pop or end one that is not open is a failure.
struct Ranges {
  std::size_t depth = 0;    // pushed and not popped
  std::size_t open = 0;     // started and not ended
  std::size_t entered = 0;  // pushed or started since the program's start
};
Ranges nvtx_ranges();

// As at the program's start: pending work, captures, memory and settings are forgotten.
void reset();

}  // namespace emulation
