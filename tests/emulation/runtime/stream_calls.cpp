// The runtime's calls on streams; those that begin and end captures stand with the graphs.
#include "emulation/runtime_api.h"
#include "runtime/arena.h"
#include "runtime/counters.h"
#include "runtime/failure.h"
#include "runtime/random.h"
#include "runtime/stream.h"
#include "runtime/turn.h"

using emulation::answer;

cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  const emulation::Turn turn;
  return cudaStreamCreateWithFlags(stream, cudaStreamDefault);
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  const emulation::Turn turn;
  if (stream == nullptr || flags > cudaStreamNonBlocking) {
    return answer(cudaErrorInvalidValue, "cudaStreamCreateWithFlags");
  }
  *stream = emulation::streams().add(flags != cudaStreamNonBlocking);
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  const emulation::Turn turn;
  if (!emulation::streams().has(stream)) {
    return answer(cudaErrorInvalidResourceHandle, "cudaStreamDestroy");
  }
  if (stream->capture) {
    emulation::fail("cudaStreamDestroy of a stream that is being captured");
    stream->capture.reset();
  }
  emulation::drain(stream->end());
  emulation::streams().remove(stream);
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t handle) {
  const emulation::Turn turn;
  CUstream_st* stream = emulation::find_stream(handle);
  if (stream == nullptr) return answer(cudaErrorInvalidResourceHandle, "cudaStreamSynchronize");
  if (stream->capture) {
    emulation::invalidate_captures();
    return answer(cudaErrorStreamCaptureUnsupported, "cudaStreamSynchronize",
                  "the stream is being captured");
  }
  ++emulation::counted().synchronisations;
  emulation::drain(stream->end());
  return cudaSuccess;
}

// Perhaps something is done by now, perhaps not; who asks again gets there.
cudaError_t cudaStreamQuery(cudaStream_t handle) {
  const emulation::Turn turn;
  CUstream_st* stream = emulation::find_stream(handle);
  if (stream == nullptr) return answer(cudaErrorInvalidResourceHandle, "cudaStreamQuery");
  if (stream->capture) {
    emulation::invalidate_captures();
    return answer(cudaErrorStreamCaptureUnsupported, "cudaStreamQuery",
                  "the stream is being captured");
  }
  if (emulation::schedule().below(2) == 0) emulation::advance(*stream);
  return stream->queue.empty() ? cudaSuccess : cudaErrorNotReady;
}

cudaError_t cudaDeviceSynchronize() {
  const emulation::Turn turn;
  if (const cudaError_t error = emulation::refuse_in_capture("cudaDeviceSynchronize")) return error;
  ++emulation::counted().synchronisations;
  emulation::drain_all();
  return cudaSuccess;
}

cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t function, void* data) {
  const emulation::Turn turn;
  if (function == nullptr) return answer(cudaErrorInvalidValue, "cudaLaunchHostFunc");
  const auto run = [=] {
    emulation::device_memory().close();
    function(data);
    emulation::device_memory().open();
  };
  return emulation::enqueue(stream, {"host function", run}, "cudaLaunchHostFunc");
}
