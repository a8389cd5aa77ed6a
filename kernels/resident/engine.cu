#include "kernels/check.h"
#include "kernels/resident/backward.h"
#include "kernels/resident/clocks.h"
#include "kernels/resident/exchange_in_cluster.h"
#include "kernels/resident/exchange_in_grid.h"
#include "kernels/resident/finish.h"
#include "kernels/resident/forward.h"
#include "kernels/resident/launch.h"
#include "kernels/resident/load.h"
#include "kernels/resident/rows.h"
#include "kernels/resident/small_gradients.h"
#include "kernels/resident/unit_gradients.h"

namespace kilat::kernels::resident {
namespace {

// A step, by the threads that multiply.
__device__ void multiply_step(const Run& run, const Cursor& start, unsigned step) {
  const Block block(run);
  const Batch batch = batch_of(run, start, step);
  WeightDigits digits;
  make_digits(run, block, step % 2, digits);
  mark(run, Part::digits);
  forward(run, block, batch, step % 2, digits);
  mark(run, Part::forward);
  if (run.shape.cluster) {
    exchange_in_cluster(run, step, batch.rows);
  } else {
    exchange_in_grid(run, step, batch.rows);
  }
  if (block.thread() < kUnits) {  // free for the step after the next
    block.largest()[step % 2 * kUnits + block.thread()] = 0;
    block.weight_sum()[step % 2 * kUnits + block.thread()] = 0;
  }
  hardware::sync_threads(kLossKnown, kStepThreads);
  mark(run, Part::exchange);
  gradient_digits(run, block, batch);
  hardware::sync_threads(kGradientsKnown, kStepThreads);
  mark(run, Part::gradients);
  const Update update(run, block, start, step);
  with_rule(run.optimizer.rule, [&]<Rule rule>() { backward<rule>(update, run, block, batch); });
  hardware::sync_threads(kStepEnds, kStepThreads);
  mark(run, Part::backward);
}

__global__ void __launch_bounds__(kThreads, 1) train(const __grid_constant__ Run run) {
  const Cursor start = *run.cursor;
  begin(run, Block(run), start);
  begin_clocks(run);
  if (Block(run).warp() == kMultipliers) {
    copy_rows(run, Block(run), start, run.steps);
  } else if (Block(run).warp() < kMultipliers) {
    for (unsigned step = 0; step < run.steps; ++step) {
      multiply_step(run, start, step);
    }
  } else {
    for (unsigned step = 0; step < run.steps; ++step) {
      hardware::sync_threads(kLossKnown, kStepThreads);
      const Block block(run);
      const Update update(run, block, start, step);
      with_rule(run.optimizer.rule, [&]<Rule rule>() {
        small_step<rule>(update, run, block, batch_of(run, start, step));
      });
      hardware::sync_threads(kStepEnds, kStepThreads);
    }
  }
  sync_run(run);
  store(run, Block(run));
  store_clocks(run);
  finish(run, start, run.shape.batch);
}

void allow_large_clusters() {
  KILAT_CUDA(cudaFuncSetAttribute(train, cudaFuncAttributeNonPortableClusterSizeAllowed, 1));
}

int attribute(cudaDeviceAttr name, int device) {
  int value = 0;
  KILAT_CUDA(cudaDeviceGetAttribute(&value, name, device));
  return value;
}

// How many blocks of the kernel the current device can have in a cluster, kMostInCluster at most. A
// multiprocessor has one such block, whatever its shared memory.
unsigned largest_cluster() {
  allow_large_clusters();
  cudaLaunchAttribute cluster = {};
  cluster.id = cudaLaunchAttributeClusterDimension;
  cudaLaunchConfig_t config = {};
  config.blockDim = kThreads;
  config.attrs = &cluster;
  config.numAttrs = 1;
  for (unsigned blocks = kMostInCluster; blocks > 1; blocks /= 2) {
    cluster.val.clusterDim = {blocks, 1, 1};
    config.gridDim = blocks;
    int at_once = 0;
    const cudaError_t error = cudaOccupancyMaxActiveClusters(&at_once, train, &config);
    if (error == cudaSuccess && at_once > 0) return blocks;
    cudaGetLastError();  // a size that the device does not have is no error here
  }
  return 0;
}

}  // namespace

Figures figures(int device) {
  constexpr int kAmpere = 8, kHopper = 9;
  const int capability = attribute(cudaDevAttrComputeCapabilityMajor, device);
  if (capability < kAmpere) return {};
  return {static_cast<unsigned>(attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin, device)),
          static_cast<unsigned>(attribute(cudaDevAttrMultiProcessorCount, device)),
          capability < kHopper ? 0 : largest_cluster()};
}

void launch(cudaStream_t stream, const Run& run) {
  cudaLaunchAttribute attribute = cooperative();
  if (run.shape.cluster) {
    attribute.id = cudaLaunchAttributeClusterDimension;
    attribute.val.clusterDim = {run.shape.blocks(), 1, 1};
  }
  allow_large_clusters();
  launch_blocks<Run>(stream, run.shape.blocks(), train, run, run.layout, &attribute);
}

}  // namespace kilat::kernels::resident
