#include "runtime/stream.h"

#include <utility>

#include <fmt/format.h>

#include "runtime/arena.h"
#include "runtime/failure.h"
#include "runtime/random.h"

namespace emulation {
namespace {

bool draining = false;

// Not a member of streams(): it exists always.
std::unique_ptr<CUstream_st>& legacy() {
  static auto& stream = *new std::unique_ptr<CUstream_st>(std::make_unique<CUstream_st>(true));
  return stream;
}

class Draining {
 public:
  Draining() { draining = true; }
  Draining(const Draining&) = delete;
  Draining& operator=(const Draining&) = delete;
  ~Draining() { draining = false; }

 private:
  DeviceAccess access_;
};

std::vector<CUstream_st*> all_streams() {
  std::vector<CUstream_st*> all = {legacy().get()};
  for (CUstream_st* stream : streams().live()) all.push_back(stream);
  return all;
}

// The legacy stream and the blocking streams wait for each other's earlier work.
void add_implicit_waits(CUstream_st& stream, Work& work) {
  if (&stream == legacy().get()) {
    for (CUstream_st* other : all_streams()) {
      if (other != &stream && other->blocking) work.after.push_back(other->end());
    }
  } else if (stream.blocking) {
    work.after.push_back(legacy()->end());
  }
}

bool is_ready(const CUstream_st& stream) {
  if (stream.queue.empty()) return false;
  for (const Position& position : stream.queue.front().after) {
    if (!position.is_reached()) return false;
  }
  return true;
}

// Runs the stream's next piece, and first what it waits for.
void step(CUstream_st& stream) {
  for (const Position& position : stream.queue.front().after) {
    while (!position.is_reached()) step(*position.stream);
  }
  const Work work = std::move(stream.queue.front());
  stream.queue.pop_front();
  ++stream.done;
  work.run();
}

CUstream_st* pick_ready() {
  std::vector<CUstream_st*> ready;
  for (CUstream_st* stream : all_streams()) {
    if (is_ready(*stream)) ready.push_back(stream);
  }
  return ready.empty() ? nullptr : ready[schedule().below(ready.size())];
}

}  // namespace

bool Position::is_reached() const { return stream == nullptr || stream->done >= number; }

Registry<CUstream_st>& streams() {
  static auto& registry = *new Registry<CUstream_st>;
  return registry;
}

CUstream_st& legacy_stream() { return *legacy(); }

CUstream_st* find_stream(cudaStream_t handle) {
  if (handle == nullptr) return legacy().get();
  return streams().has(handle) ? handle : nullptr;
}

bool is_draining() { return draining; }

// The schedule decides how eager the streams are that nobody waits for: not at all, as eager as
// any, or done first. A program that forgot to wait for them meets each of these.
void drain(const Position& position) {
  if (position.is_reached()) return;
  if (draining) return fail("a host function of a stream waits for the device");
  const Draining guard;
  const std::size_t eagerness = schedule().below(3);
  while (!position.is_reached()) {
    CUstream_st* next = eagerness > 0 ? pick_ready() : nullptr;
    if (eagerness == 2) {
      for (int tries = 0; next == position.stream && tries < 8; ++tries) next = pick_ready();
    }
    step(next != nullptr ? *next : *position.stream);
  }
}

void drain_all() {
  if (draining) return;
  const Draining guard;
  while (CUstream_st* stream = pick_ready()) step(*stream);
}

void advance(CUstream_st& stream) {
  if (stream.queue.empty() || draining) return;
  const Draining guard;
  step(stream);
}

bool is_capturing() {
  for (const CUstream_st* stream : all_streams()) {
    if (stream->capture) return true;
  }
  return false;
}

void invalidate_captures() {
  for (CUstream_st* stream : all_streams()) {
    if (stream->capture) stream->capture->valid = false;
  }
}

cudaError_t refuse_in_capture(const char* call) {
  for (CUstream_st* stream : all_streams()) {
    if (!stream->capture || stream->capture->mode == cudaStreamCaptureModeRelaxed) continue;
    invalidate_captures();
    return answer(cudaErrorStreamCaptureUnsupported, call, "a stream is being captured");
  }
  return cudaSuccess;
}

cudaError_t enqueue(cudaStream_t handle, Work work, const char* call) {
  if (draining) {
    fail(fmt::format("{} is called by a host function of a stream", call));
    return answer(cudaErrorNotPermitted, call);
  }
  CUstream_st* stream = find_stream(handle);
  if (stream == nullptr) {
    return answer(cudaErrorInvalidResourceHandle, call, "the stream does not exist");
  }
  if (stream->capture) {
    if (!stream->capture->valid) return answer(cudaErrorStreamCaptureInvalidated, call);
    stream->capture->nodes.push_back(std::move(work));
    return cudaSuccess;
  }
  for (const CUstream_st* other : all_streams()) {
    if (!other->capture || other->capture->mode == cudaStreamCaptureModeRelaxed) continue;
    const bool implicit = stream == legacy().get() && other->blocking;
    invalidate_captures();
    // CUDA would let a stream that is not blocking run its work at once, beside the capture. Here
    // it is taken for what it mostly is: work that was meant to be in the graph.
    if (!implicit) fail(fmt::format("{} on a stream while another one is captured", call));
    return answer(implicit ? cudaErrorStreamCaptureImplicit : cudaErrorStreamCaptureUnsupported,
                  call, "another stream is being captured");
  }
  add_implicit_waits(*stream, work);
  stream->queue.push_back(std::move(work));
  ++stream->queued;
  return cudaSuccess;
}

void reset_streams() {
  streams().clear();
  legacy() = std::make_unique<CUstream_st>(true);
}

}  // namespace emulation
