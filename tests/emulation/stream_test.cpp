// Streams and events: their order is kept where CUDA keeps it, and nowhere else.
#include <set>

#include <gmock/gmock.h>

#include "emulation_test.h"
#include "kernels/kernels.h"

namespace emulation_test {
namespace {

using testing::HasSubstr;

class StreamTest : public EmulationTest {
 protected:
  StreamTest() {
    for (cudaStream_t* stream : {&first_, &second_}) {
      EXPECT_EQ(cudaStreamCreateWithFlags(stream, cudaStreamNonBlocking), cudaSuccess);
    }
    EXPECT_EQ(cudaEventCreate(&event_), cudaSuccess);
  }

  // The first stream writes 5, the second copies it; with an event between them, or without.
  int copied(bool ordered) {
    const DeviceArray<int> value(std::vector<int>{0}), out(std::vector<int>{0});
    EXPECT_EQ(launch({1, 1, 0, first_}, write_at, value.data(), 0, 5), cudaSuccess);
    if (ordered) {
      EXPECT_EQ(cudaEventRecord(event_, first_), cudaSuccess);
      EXPECT_EQ(cudaStreamWaitEvent(second_, event_), cudaSuccess);
    }
    EXPECT_EQ(launch({1, 1, 0, second_}, copy, out.data(), value.data(), 1), cudaSuccess);
    EXPECT_EQ(cudaStreamSynchronize(second_), cudaSuccess);
    return out.values()[0];
  }

  cudaStream_t first_ = nullptr, second_ = nullptr;
  cudaEvent_t event_ = nullptr;
};

TEST_F(StreamTest, AnEventOrdersTwoStreams) {
  for (int seed = 0; seed < kSchedules; ++seed) {
    emulation::set_schedule(seed);
    EXPECT_EQ(copied(true), 5) << "seed " << seed;
  }
}

TEST_F(StreamTest, AStreamThatForgetsTheEventIsWrongInSomeSchedule) {
  std::set<int> results;
  for (int seed = 0; seed < kSchedules; ++seed) {
    emulation::set_schedule(seed);
    results.insert(copied(false));
  }
  EXPECT_EQ(results, (std::set<int>{0, 5}));
}

TEST_F(StreamTest, AnEventMeansItsLastRecord) {
  const DeviceArray<int> value(std::vector<int>{0});
  EXPECT_EQ(cudaEventQuery(event_), cudaSuccess);  // never recorded: nothing to wait for
  EXPECT_EQ(launch({1, 1, 0, first_}, write_at, value.data(), 0, 1), cudaSuccess);
  EXPECT_EQ(cudaEventRecord(event_, first_), cudaSuccess);
  EXPECT_EQ(launch({1, 1, 0, first_}, write_at, value.data(), 0, 2), cudaSuccess);
  EXPECT_EQ(cudaEventRecord(event_, first_), cudaSuccess);
  EXPECT_EQ(cudaEventSynchronize(event_), cudaSuccess);
  EXPECT_EQ(cudaEventQuery(event_), cudaSuccess);
  EXPECT_EQ(value.values()[0], 2);
}

TEST_F(StreamTest, ElapsedTimeNeedsTwoEventsThatCameToPass) {
  cudaEvent_t end = nullptr, untimed = nullptr;
  ASSERT_EQ(cudaEventCreate(&end), cudaSuccess);
  ASSERT_EQ(cudaEventCreateWithFlags(&untimed, cudaEventDisableTiming), cudaSuccess);
  float milliseconds = -1;
  EXPECT_EQ(cudaEventElapsedTime(&milliseconds, event_, end), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaEventRecord(event_, first_), cudaSuccess);
  EXPECT_EQ(cudaEventRecord(end, first_), cudaSuccess);
  EXPECT_EQ(cudaEventRecord(untimed, first_), cudaSuccess);
  EXPECT_EQ(cudaEventElapsedTime(&milliseconds, event_, end), cudaErrorNotReady);
  EXPECT_EQ(cudaStreamSynchronize(first_), cudaSuccess);
  EXPECT_EQ(cudaEventElapsedTime(&milliseconds, event_, end), cudaSuccess);
  EXPECT_GE(milliseconds, 0);
  EXPECT_EQ(cudaEventElapsedTime(&milliseconds, event_, untimed), cudaErrorInvalidResourceHandle);
}

TEST_F(StreamTest, AskingAgainAndAgainGetsTheWorkDone) {
  const DeviceArray<int> value(std::vector<int>{0});
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(launch({1, 1, 0, first_}, add_one, value.data(), 1), cudaSuccess);
  }
  int asked = 0;
  while (cudaStreamQuery(first_) == cudaErrorNotReady) ++asked;
  EXPECT_GT(asked, 0);
  EXPECT_EQ(value.values()[0], 5);
}

TEST_F(StreamTest, TheLegacyStreamWaitsForBlockingStreamsOnly) {
  cudaStream_t blocking = nullptr;
  ASSERT_EQ(cudaStreamCreate(&blocking), cudaSuccess);
  std::set<int> after_other;
  for (int seed = 0; seed < kSchedules; ++seed) {
    emulation::set_schedule(seed);
    for (const cudaStream_t stream : {blocking, first_}) {
      const DeviceArray<int> value(std::vector<int>{0});
      EXPECT_EQ(launch({1, 1, 0, stream}, write_at, value.data(), 0, 5), cudaSuccess);
      const int seen = value.values()[0];  // a copy in the legacy stream
      if (stream == blocking) {
        EXPECT_EQ(seen, 5);
      } else {
        after_other.insert(seen);
      }
    }
  }
  EXPECT_EQ(after_other, (std::set<int>{0, 5}));
}

TEST_F(StreamTest, PageableSourcesAreReadAtTheCallAndPinnedOnesLater) {
  const DeviceArray<int> value(1);
  int* pinned = nullptr;
  ASSERT_EQ(cudaMallocHost(&pinned, sizeof *pinned), cudaSuccess);
  int pageable = 1;
  for (int* source : {&pageable, pinned}) {
    *source = 1;
    EXPECT_EQ(cudaMemcpyAsync(value.data(), source, 4, cudaMemcpyHostToDevice, first_),
              cudaSuccess);
    *source = 2;
    EXPECT_EQ(cudaStreamSynchronize(first_), cudaSuccess);
    EXPECT_EQ(value.values()[0], source == pinned ? 2 : 1);
  }
  EXPECT_EQ(cudaFreeHost(pinned), cudaSuccess);
}

TEST_F(StreamTest, PageableTargetsAreFilledAtTheCallAndPinnedOnesLater) {
  const DeviceArray<int> value(std::vector<int>{7});
  int* pinned = nullptr;
  ASSERT_EQ(cudaMallocHost(&pinned, sizeof *pinned), cudaSuccess);
  int pageable = 0;
  *pinned = 0;
  for (int* target : {&pageable, pinned}) {
    EXPECT_EQ(cudaMemcpyAsync(target, value.data(), 4, cudaMemcpyDeviceToHost, first_),
              cudaSuccess);
  }
  EXPECT_EQ(pageable, 7);
  EXPECT_EQ(*pinned, 0);
  EXPECT_EQ(cudaStreamSynchronize(first_), cudaSuccess);
  EXPECT_EQ(*pinned, 7);
  EXPECT_EQ(cudaFreeHost(pinned), cudaSuccess);
}

TEST_F(StreamTest, CopiesStayInsideTheirAllocations) {
  const DeviceArray<int> array(10);
  std::vector<int> host(20);
  EXPECT_THAT(failure_of([&] {
                cudaMemcpyAsync(array.data() + 5, host.data(), 24, cudaMemcpyHostToDevice, first_);
              }),
              HasSubstr("the destination takes 24 bytes from byte 20 of the 40 bytes"));
  EXPECT_THAT(failure_of([&] { cudaMemsetAsync(array.data(), 0, 41, first_); }),
              HasSubstr("takes 41 bytes"));
  EXPECT_EQ(cudaMemcpy(array.data(), host.data(), 4, cudaMemcpyDeviceToHost),
            cudaErrorInvalidMemcpyDirection);
  EXPECT_EQ(cudaMemcpy(array.data(), host.data(), 4, cudaMemcpyDefault), cudaSuccess);
}

TEST_F(StreamTest, AHostFunctionTakesItsTurn) {
  const DeviceArray<int> value(std::vector<int>{0});
  int* pinned = nullptr;
  ASSERT_EQ(cudaMallocHost(&pinned, sizeof *pinned), cudaSuccess);
  EXPECT_EQ(launch({1, 1, 0, first_}, write_at, value.data(), 0, 3), cudaSuccess);
  EXPECT_EQ(cudaMemcpyAsync(pinned, value.data(), 4, cudaMemcpyDeviceToHost, first_), cudaSuccess);
  const cudaHostFn_t double_it = [](void* data) { *static_cast<int*>(data) *= 2; };
  EXPECT_EQ(cudaLaunchHostFunc(first_, double_it, pinned), cudaSuccess);
  EXPECT_EQ(cudaMemcpyAsync(value.data(), pinned, 4, cudaMemcpyHostToDevice, first_), cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(first_), cudaSuccess);
  EXPECT_EQ(value.values()[0], 6);
  EXPECT_EQ(cudaFreeHost(pinned), cudaSuccess);
}

TEST_F(StreamTest, StaleHandlesAreKnown) {
  EXPECT_EQ(emulation::live_objects(), 3U);
  EXPECT_EQ(cudaStreamDestroy(first_), cudaSuccess);
  EXPECT_EQ(cudaStreamDestroy(first_), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(launch({1, 1, 0, first_}, do_nothing), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaEventDestroy(event_), cudaSuccess);
  EXPECT_EQ(cudaEventRecord(event_, second_), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(emulation::live_objects(), 1U);
}

}  // namespace
}  // namespace emulation_test
