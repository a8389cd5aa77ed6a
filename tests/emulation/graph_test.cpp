// Graphs: a capture runs nothing, a replay does what plain execution does.
#include <gmock/gmock.h>

#include "emulation_test.h"
#include "kernels/kernels.h"

namespace emulation_test {
namespace {

using testing::HasSubstr;

class GraphTest : public EmulationTest {
 protected:
  GraphTest() {
    EXPECT_EQ(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), cudaSuccess);
    EXPECT_EQ(cudaStreamCreateWithFlags(&other_, cudaStreamNonBlocking), cudaSuccess);
  }

  void begin(cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal) {
    ASSERT_EQ(cudaStreamBeginCapture(stream_, mode), cudaSuccess);
  }

  cudaGraph_t end() {
    cudaGraph_t graph = nullptr;
    EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaSuccess);
    return graph;
  }

  cudaGraphExec_t instantiate(cudaGraph_t graph) {
    cudaGraphExec_t exec = nullptr;
    EXPECT_EQ(cudaGraphInstantiate(&exec, graph, 0), cudaSuccess);
    EXPECT_EQ(cudaGraphDestroy(graph), cudaSuccess);
    return exec;
  }

  void run(int* values, int* out) {
    ASSERT_EQ(launch({1, 32, 0, stream_}, add_one, values, 10), cudaSuccess);
    ASSERT_EQ(launch({1, 32, 0, stream_}, copy, out, values, 10), cudaSuccess);
    ASSERT_EQ(cudaMemsetAsync(values, 0, 4, stream_), cudaSuccess);
  }

  // The capture is over, and gave nothing.
  void expect_invalidated() {
    cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
    EXPECT_EQ(cudaStreamIsCapturing(stream_, &status), cudaSuccess);
    EXPECT_EQ(status, cudaStreamCaptureStatusInvalidated);
    cudaGraph_t graph = nullptr;
    EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorStreamCaptureInvalidated);
    EXPECT_EQ(graph, nullptr);
  }

  cudaStream_t stream_ = nullptr, other_ = nullptr;
};

TEST_F(GraphTest, AReplayEqualsPlainExecution) {
  const DeviceArray<int> plain(counting(10)), plain_out(10);
  const DeviceArray<int> replayed(counting(10)), replayed_out(10);
  begin();
  run(replayed.data(), replayed_out.data());
  const cudaGraph_t graph = end();
  std::size_t nodes = 0;
  ASSERT_EQ(cudaGraphGetNodes(graph, nullptr, &nodes), cudaSuccess);
  EXPECT_EQ(nodes, 3U);
  const cudaGraphExec_t exec = instantiate(graph);
  EXPECT_EQ(replayed.values(), counting(10));  // nothing ran
  for (int i = 0; i < 3; ++i) {
    run(plain.data(), plain_out.data());
    ASSERT_EQ(cudaGraphLaunch(exec, stream_), cudaSuccess);
  }
  ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_EQ(replayed.values(), plain.values());
  EXPECT_EQ(replayed_out.values(), plain_out.values());
  const emulation::Counters counted = emulation::counters();
  EXPECT_EQ(counted.launches, 6U);
  EXPECT_EQ(counted.graph_launches, 3U);
  EXPECT_EQ(counted.kernels.at("emulation_test::add_one(int*, int)"), 6U);
  EXPECT_EQ(cudaGraphExecDestroy(exec), cudaSuccess);
}

TEST_F(GraphTest, AReplayReadsTheHostsMemoryOfThatMoment) {
  const DeviceArray<int> value(1);
  int source = 1;
  begin();
  ASSERT_EQ(cudaMemcpyAsync(value.data(), &source, 4, cudaMemcpyHostToDevice, stream_),
            cudaSuccess);
  const cudaGraphExec_t exec = instantiate(end());
  source = 2;
  ASSERT_EQ(cudaGraphLaunch(exec, stream_), cudaSuccess);
  ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_EQ(value.values()[0], 2);
}

TEST_F(GraphTest, AReplayAfterItsMemoryIsFreedFails) {
  auto values = std::make_unique<DeviceArray<int>>(counting(10));
  begin();
  ASSERT_EQ(launch({1, 32, 0, stream_}, add_one, values->data(), 10), cudaSuccess);
  const cudaGraphExec_t exec = instantiate(end());
  values.reset();
  ASSERT_EQ(cudaGraphLaunch(exec, stream_), cudaSuccess);
  EXPECT_THAT(failure_of([&] { cudaStreamSynchronize(stream_); }),
              HasSubstr("argument 1 points to byte 0 of the 40 freed bytes"));
}

TEST_F(GraphTest, AnUpdateReplacesGraphsOfTheSameForm) {
  const DeviceArray<int> value(std::vector<int>{0});
  const auto record = [&](int to_write, int times) {
    begin();
    for (int i = 0; i < times; ++i) {
      EXPECT_EQ(launch({1, 1, 0, stream_}, write_at, value.data(), 0, to_write), cudaSuccess);
    }
    return end();
  };
  const cudaGraphExec_t exec = instantiate(record(1, 1));
  cudaGraphExecUpdateResultInfo info = {};
  EXPECT_EQ(cudaGraphExecUpdate(exec, record(2, 1), &info), cudaSuccess);
  ASSERT_EQ(cudaGraphLaunch(exec, stream_), cudaSuccess);
  ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_EQ(value.values()[0], 2);
  EXPECT_EQ(cudaGraphExecUpdate(exec, record(2, 2), &info), cudaErrorGraphExecUpdateFailure);
  EXPECT_EQ(info.result, cudaGraphExecUpdateErrorTopologyChanged);
  begin();
  ASSERT_EQ(launch({1, 1, 0, stream_}, add_one, value.data(), 1), cudaSuccess);
  EXPECT_EQ(cudaGraphExecUpdate(exec, end(), &info), cudaErrorGraphExecUpdateFailure);
  EXPECT_EQ(info.result, cudaGraphExecUpdateErrorFunctionChanged);
}

TEST_F(GraphTest, CallsThatACaptureForbidsSpoilIt) {
  void* memory = nullptr;
  const std::vector<std::pair<cudaError_t, std::function<cudaError_t()>>> calls = {
      {cudaErrorStreamCaptureUnsupported, [&] { return cudaMalloc(&memory, 4); }},
      {cudaErrorStreamCaptureUnsupported, [&] { return cudaMallocHost(&memory, 4); }},
      {cudaErrorStreamCaptureUnsupported, [&] { return cudaStreamSynchronize(stream_); }},
      {cudaErrorStreamCaptureUnsupported, [&] { return cudaStreamQuery(stream_); }},
      {cudaErrorStreamCaptureUnsupported, [] { return cudaDeviceSynchronize(); }},
      {cudaErrorNotSupported, [&] { return cudaMallocAsync(&memory, 4, stream_); }}};
  for (const auto& [error, call] : calls) {
    begin(cudaStreamCaptureModeThreadLocal);
    EXPECT_EQ(call(), error);
    expect_invalidated();
  }
}

TEST_F(GraphTest, WorkOnAnotherStreamDuringACaptureIsFound) {
  const DeviceArray<int> values(counting(10));
  begin();
  EXPECT_THAT(failure_of([&] {
                launch({1, 32, 0, other_}, add_one, values.data(), 10);
              }),
              HasSubstr("add_one(int*, int) on a stream while another one is captured"));
  expect_invalidated();
}

TEST_F(GraphTest, TheLegacyStreamCannotBeUsedBesideABlockingCapture) {
  const DeviceArray<int> values(counting(10));
  cudaStream_t blocking = nullptr;
  ASSERT_EQ(cudaStreamCreate(&blocking), cudaSuccess);
  ASSERT_EQ(cudaStreamBeginCapture(blocking, cudaStreamCaptureModeGlobal), cudaSuccess);
  EXPECT_EQ(cudaMemsetAsync(values.data(), 0, 4, nullptr), cudaErrorStreamCaptureImplicit);
  EXPECT_EQ(cudaStreamBeginCapture(nullptr, cudaStreamCaptureModeGlobal),
            cudaErrorStreamCaptureUnsupported);
  cudaGraph_t graph = nullptr;
  EXPECT_EQ(cudaStreamEndCapture(blocking, &graph), cudaErrorStreamCaptureInvalidated);
}

TEST_F(GraphTest, ACapturedStreamDoesNotWaitForEventsFromOutside) {
  cudaEvent_t event = nullptr;
  ASSERT_EQ(cudaEventCreate(&event), cudaSuccess);
  ASSERT_EQ(cudaEventRecord(event, other_), cudaSuccess);
  begin();
  EXPECT_EQ(cudaStreamWaitEvent(stream_, event), cudaErrorStreamCaptureIsolation);
  expect_invalidated();
  begin();
  ASSERT_EQ(cudaEventRecord(event, stream_), cudaSuccess);
  EXPECT_EQ(cudaStreamWaitEvent(stream_, event), cudaSuccess);
  EXPECT_EQ(cudaEventQuery(event), cudaErrorCapturedEvent);
  EXPECT_EQ(cudaGraphDestroy(end()), cudaSuccess);
}

TEST_F(GraphTest, CapturesBeginAndEndInPairs) {
  cudaGraph_t graph = nullptr;
  EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorIllegalState);
  begin();
  EXPECT_EQ(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeGlobal), cudaErrorIllegalState);
  EXPECT_EQ(cudaGraphDestroy(end()), cudaSuccess);
}

}  // namespace
}  // namespace emulation_test
