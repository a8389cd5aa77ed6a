#include "kernels/check.h"
#include "kernels/resident/backward.h"
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
__device__ void multiply_step(const Run& run, const Block& block, const Cursor& start,
                              unsigned step) {
  const Batch batch = batch_of(run, start, step);
  WeightDigits digits;
  make_digits(run, block, step % 2, digits);
  forward(run, block, batch, step % 2, digits);
  if (run.shape.cluster) {
    exchange_in_cluster(run, step, batch.rows);
  } else {
    exchange_in_grid(run, step, batch.rows);
  }
  if (threadIdx.x < kUnits) {  // free for the step after the next
    block.largest()[step % 2 * kUnits + threadIdx.x] = 0;
    block.weight_sum()[step % 2 * kUnits + threadIdx.x] = 0;
  }
  hardware::sync_threads(kLossKnown, kStepThreads);
  gradient_digits(run, block, batch);
  hardware::sync_threads(kGradientsKnown, kStepThreads);
  const Update update(run, block, start, step);
  with_rule(run.optimizer.rule, [&]<Rule rule>() { backward<rule>(update, run, block, batch); });
  hardware::sync_threads(kStepEnds, kStepThreads);
}

__global__ void __launch_bounds__(kThreads, 1) train(const __grid_constant__ Run run) {
  const Block block(run);
  const Cursor start = *run.cursor;
  begin(run, block, start);
  if (block.warp() == kMultipliers) {
    copy_rows(run, block, start, run.steps);
  } else if (block.warp() < kMultipliers) {
    for (unsigned step = 0; step < run.steps; ++step) {
      multiply_step(run, block, start, step);
    }
  } else {
    for (unsigned step = 0; step < run.steps; ++step) {
      hardware::sync_threads(kLossKnown, kStepThreads);
      const Update update(run, block, start, step);
      with_rule(run.optimizer.rule, [&]<Rule rule>() {
        small_step<rule>(update, run, block, batch_of(run, start, step));
      });
      hardware::sync_threads(kStepEnds, kStepThreads);
    }
  }
  sync_run(run);
  store(run, block);
  finish(run, start, run.shape.batch);
}

int attribute(cudaDeviceAttr name, int device) {
  int value = 0;
  KILAT_CUDA(cudaDeviceGetAttribute(&value, name, device));
  return value;
}

}  // namespace

Figures figures(int device) {
  constexpr int kHopper = 9;
  if (attribute(cudaDevAttrComputeCapabilityMajor, device) < kHopper) return {};
  return {static_cast<unsigned>(attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin, device)),
          static_cast<unsigned>(attribute(cudaDevAttrMultiProcessorCount, device)), kMostInCluster};
}

void launch(cudaStream_t stream, const Run& run) {
  cudaLaunchAttribute attribute = cooperative();
  if (run.shape.cluster) {
    attribute.id = cudaLaunchAttributeClusterDimension;
    attribute.val.clusterDim = {run.shape.blocks(), 1, 1};
  }
  KILAT_CUDA(cudaFuncSetAttribute(train, cudaFuncAttributeNonPortableClusterSizeAllowed, 1));
  launch_blocks<Run>(stream, run.shape.blocks(), train, run, run.layout, &attribute);
}

}  // namespace kilat::kernels::resident
