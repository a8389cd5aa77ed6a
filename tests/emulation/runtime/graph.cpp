#include "runtime/graph.h"

#include <algorithm>
#include <utility>

#include "runtime/counters.h"
#include "runtime/failure.h"
#include "runtime/turn.h"

namespace emulation {

Registry<CUgraph_st>& graphs() {
  static auto& registry = *new Registry<CUgraph_st>;
  return registry;
}

Registry<CUgraphExec_st>& graph_execs() {
  static auto& registry = *new Registry<CUgraphExec_st>;
  return registry;
}

}  // namespace emulation

using emulation::answer;

cudaError_t cudaStreamBeginCapture(cudaStream_t handle, cudaStreamCaptureMode mode) {
  const emulation::Turn turn;
  constexpr const char* kCall = "cudaStreamBeginCapture";
  CUstream_st* stream = emulation::find_stream(handle);
  if (stream == nullptr) return answer(cudaErrorInvalidResourceHandle, kCall);
  if (stream == &emulation::legacy_stream()) {
    return answer(cudaErrorStreamCaptureUnsupported, kCall, "the legacy stream");
  }
  if (stream->capture) return answer(cudaErrorIllegalState, kCall, "it is captured already");
  stream->capture = std::make_unique<emulation::Capture>(emulation::Capture{mode});
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t handle, cudaGraph_t* graph) {
  const emulation::Turn turn;
  constexpr const char* kCall = "cudaStreamEndCapture";
  CUstream_st* stream = emulation::find_stream(handle);
  if (stream == nullptr) return answer(cudaErrorInvalidResourceHandle, kCall);
  if (graph == nullptr) return answer(cudaErrorInvalidValue, kCall);
  *graph = nullptr;
  if (!stream->capture) return answer(cudaErrorIllegalState, kCall, "it is not captured");
  const auto capture = std::exchange(stream->capture, nullptr);
  if (!capture->valid) return answer(cudaErrorStreamCaptureInvalidated, kCall);
  *graph = emulation::graphs().add(std::move(capture->nodes));
  return cudaSuccess;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t handle, cudaStreamCaptureStatus* status) {
  const emulation::Turn turn;
  const CUstream_st* stream = emulation::find_stream(handle);
  if (stream == nullptr || status == nullptr) {
    return answer(cudaErrorInvalidValue, "cudaStreamIsCapturing");
  }
  *status = !stream->capture         ? cudaStreamCaptureStatusNone
            : stream->capture->valid ? cudaStreamCaptureStatusActive
                                     : cudaStreamCaptureStatusInvalidated;
  return cudaSuccess;
}

cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, std::size_t* count) {
  const emulation::Turn turn;
  if (!emulation::graphs().has(graph) || count == nullptr) {
    return answer(cudaErrorInvalidValue, "cudaGraphGetNodes");
  }
  if (nodes == nullptr) {
    *count = graph->nodes.size();
    return cudaSuccess;
  }
  for (std::size_t i = 0; i < *count; ++i) {
    nodes[i] = i < graph->handles.size() ? &graph->handles[i] : nullptr;
  }
  *count = std::min(*count, graph->nodes.size());
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph,
                                 unsigned long long flags) {
  const emulation::Turn turn;
  if (exec == nullptr || flags != 0 || !emulation::graphs().has(graph)) {
    return answer(cudaErrorInvalidValue, "cudaGraphInstantiate");
  }
  *exec = emulation::graph_execs().add(graph->nodes);
  return cudaSuccess;
}

cudaError_t cudaGraphExecUpdate(cudaGraphExec_t exec, cudaGraph_t graph,
                                cudaGraphExecUpdateResultInfo* info) {
  const emulation::Turn turn;
  constexpr const char* kCall = "cudaGraphExecUpdate";
  if (!emulation::graph_execs().has(exec) || !emulation::graphs().has(graph) || info == nullptr) {
    return answer(cudaErrorInvalidValue, kCall);
  }
  *info = {};
  if (exec->nodes.size() != graph->nodes.size()) {
    info->result = cudaGraphExecUpdateErrorTopologyChanged;
    return answer(cudaErrorGraphExecUpdateFailure, kCall, "another number of nodes");
  }
  for (std::size_t i = 0; i < graph->nodes.size(); ++i) {
    if (exec->nodes[i].name == graph->nodes[i].name) continue;
    info->result = cudaGraphExecUpdateErrorFunctionChanged;
    info->errorNode = &graph->handles[i];
    return answer(cudaErrorGraphExecUpdateFailure, kCall,
                  exec->nodes[i].name + " would become " + graph->nodes[i].name);
  }
  exec->nodes = graph->nodes;
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t handle) {
  const emulation::Turn turn;
  constexpr const char* kCall = "cudaGraphLaunch";
  if (!emulation::graph_execs().has(exec)) return answer(cudaErrorInvalidResourceHandle, kCall);
  const CUstream_st* stream = emulation::find_stream(handle);
  if (stream != nullptr && stream->capture) {
    emulation::invalidate_captures();
    return answer(cudaErrorNotSupported, kCall, "graphs inside graphs are not emulated");
  }
  for (const emulation::Work& node : exec->nodes) {
    if (const cudaError_t error = emulation::enqueue(handle, node, kCall)) return error;
  }
  ++emulation::counted().graph_launches;
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  const emulation::Turn turn;
  if (emulation::graphs().remove(graph)) return cudaSuccess;
  return answer(cudaErrorInvalidValue, "cudaGraphDestroy");
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  const emulation::Turn turn;
  if (emulation::graph_execs().remove(exec)) return cudaSuccess;
  return answer(cudaErrorInvalidValue, "cudaGraphExecDestroy");
}
