// Streams: queues of work that wait until somebody needs what it does.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "emulation/runtime_api.h"
#include "runtime/registry.h"

namespace emulation {

// A place in a stream: what was queued there up to a number, counted from the stream's creation.
struct Position {
  CUstream_st* stream = nullptr;
  std::uint64_t number = 0;

  bool is_reached() const;
};

struct Work {
  std::string name;           // for graphs: nodes of the same name can replace each other
  std::function<void()> run;  // with the device's memory open
  std::vector<Position> after = {};
};

struct Capture {
  cudaStreamCaptureMode mode;
  std::vector<Work> nodes = {};
  bool valid = true;
};

}  // namespace emulation

struct CUstream_st {
  explicit CUstream_st(bool is_blocking) : blocking(is_blocking) {}

  bool blocking;  // waits for the legacy stream, and it for this
  std::deque<emulation::Work> queue = {};
  std::uint64_t queued = 0;
  std::uint64_t done = 0;
  std::unique_ptr<emulation::Capture> capture = nullptr;

  emulation::Position end() { return {this, queued}; }
};

namespace emulation {

Registry<CUstream_st>& streams();
// The stream that a null handle means.
CUstream_st& legacy_stream();
// Null if there is no such stream.
CUstream_st* find_stream(cudaStream_t handle);

// Queues the work, or adds it to the stream's capture. Refuses, with what the call is to return,
// where that is not possible.
cudaError_t enqueue(cudaStream_t stream, Work work, const char* call);

// Runs work, of other streams too if the schedule wants so, until the position is reached.
void drain(const Position& position);
void drain_all();
// Runs at most one piece of the stream's work.
void advance(CUstream_st& stream);
// Whether a kernel or a host function of a stream runs now.
bool is_draining();

// For calls that must not be made while any stream is captured: they spoil the capture.
cudaError_t refuse_in_capture(const char* call);
void invalidate_captures();
bool is_capturing();

void reset_streams();

}  // namespace emulation
