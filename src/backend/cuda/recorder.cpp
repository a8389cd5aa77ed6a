#include "backend/cuda/recorder.h"

namespace kilat {
namespace {

Graph end_capture(cudaStream_t stream) {
  cudaGraph_t graph = nullptr;
  KILAT_CUDA(cudaStreamEndCapture(stream, &graph));
  return Graph(graph);
}

}  // namespace

void Recorder::begin() {
  KILAT_CUDA(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
}

GraphExec Recorder::end() {
  const Graph graph = end_capture(stream_);
  cudaGraphExec_t exec = nullptr;
  KILAT_CUDA(cudaGraphInstantiate(&exec, graph.get(), 0));
  return GraphExec(exec);
}

void Recorder::abandon() noexcept {
  cudaGraph_t graph = nullptr;
  cudaStreamEndCapture(stream_, &graph);
  const Graph dropped(graph);
  cudaGetLastError();
}

void Recorder::launch(const GraphExec& graph) { KILAT_CUDA(cudaGraphLaunch(graph.get(), stream_)); }

}  // namespace kilat
