#include "runtime/event.h"

#include "runtime/counters.h"
#include "runtime/failure.h"
#include "runtime/random.h"
#include "runtime/turn.h"

namespace emulation {
namespace {

// What a call that asks after an event is to answer before it looks; cudaSuccess to go on.
cudaError_t refuse(cudaEvent_t event, const char* call) {
  if (!events().has(event)) return answer(cudaErrorInvalidResourceHandle, call);
  if (event->captured != nullptr) return answer(cudaErrorCapturedEvent, call);
  return cudaSuccess;
}

cudaError_t wait_in_capture(CUstream_st& stream, const CUevent_st& event) {
  if (event.captured == &stream) return cudaSuccess;  // a capture is one line: this came before
  invalidate_captures();
  if (event.captured == nullptr && event.mark != nullptr) {
    return answer(cudaErrorStreamCaptureIsolation, "cudaStreamWaitEvent");
  }
  return answer(cudaErrorNotSupported, "cudaStreamWaitEvent",
                "captures of several streams are not emulated");
}

}  // namespace

Registry<CUevent_st>& events() {
  static auto& registry = *new Registry<CUevent_st>;
  return registry;
}

}  // namespace emulation

using emulation::answer;

cudaError_t cudaEventCreate(cudaEvent_t* event) {
  const emulation::Turn turn;
  return cudaEventCreateWithFlags(event, cudaEventDefault);
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  const emulation::Turn turn;
  if (event == nullptr || (flags & ~(cudaEventBlockingSync | cudaEventDisableTiming)) != 0) {
    return answer(cudaErrorInvalidValue, "cudaEventCreateWithFlags");
  }
  *event = emulation::events().add((flags & cudaEventDisableTiming) == 0);
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  const emulation::Turn turn;
  if (emulation::events().remove(event)) return cudaSuccess;
  return answer(cudaErrorInvalidResourceHandle, "cudaEventDestroy");
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t handle) {
  const emulation::Turn turn;
  CUstream_st* stream = emulation::find_stream(handle);
  if (stream == nullptr || !emulation::events().has(event)) {
    return answer(cudaErrorInvalidResourceHandle, "cudaEventRecord");
  }
  if (stream->capture) {
    event->captured = stream;
    return cudaSuccess;
  }
  const auto mark = std::make_shared<emulation::Mark>();
  const auto run = [mark] { mark->time = std::chrono::steady_clock::now(); };
  const cudaError_t error = emulation::enqueue(handle, {"event", run}, "cudaEventRecord");
  if (error != cudaSuccess) return error;
  mark->position = stream->end();
  event->mark = mark;
  event->captured = nullptr;
  return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t handle, cudaEvent_t event, unsigned flags) {
  const emulation::Turn turn;
  CUstream_st* stream = emulation::find_stream(handle);
  if (stream == nullptr || !emulation::events().has(event)) {
    return answer(cudaErrorInvalidResourceHandle, "cudaStreamWaitEvent");
  }
  if (flags != 0) return answer(cudaErrorInvalidValue, "cudaStreamWaitEvent");
  if (stream->capture || event->captured != nullptr) {
    return emulation::wait_in_capture(*stream, *event);
  }
  if (event->mark == nullptr) return cudaSuccess;
  return emulation::enqueue(handle, {"wait", [] {}, {event->mark->position}},
                            "cudaStreamWaitEvent");
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  const emulation::Turn turn;
  if (const auto error = emulation::refuse(event, "cudaEventSynchronize")) return error;
  ++emulation::counted().synchronisations;
  if (event->mark != nullptr) emulation::drain(event->mark->position);
  return cudaSuccess;
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  const emulation::Turn turn;
  if (const auto error = emulation::refuse(event, "cudaEventQuery")) return error;
  if (event->mark == nullptr) return cudaSuccess;
  if (event->mark->position.is_reached()) return cudaSuccess;
  if (emulation::schedule().below(2) == 0) emulation::advance(*event->mark->position.stream);
  return event->mark->position.is_reached() ? cudaSuccess : cudaErrorNotReady;
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
  const emulation::Turn turn;
  constexpr const char* kCall = "cudaEventElapsedTime";
  if (milliseconds == nullptr) return answer(cudaErrorInvalidValue, kCall);
  for (const cudaEvent_t event : {start, end}) {
    if (const auto error = emulation::refuse(event, kCall)) return error;
    if (!event->timed || event->mark == nullptr) {
      return answer(cudaErrorInvalidResourceHandle, kCall, "an event has no time");
    }
    if (!event->mark->position.is_reached()) return cudaErrorNotReady;
  }
  const std::chrono::duration<float, std::milli> elapsed = end->mark->time - start->mark->time;
  *milliseconds = elapsed.count();
  return cudaSuccess;
}
