#include <cooperative_groups.h>

#include "kernels/resident/clocks.h"
#include "kernels/resident/finish.h"
#include "kernels/resident/full_batch.h"
#include "kernels/resident/full_evaluate.h"
#include "kernels/resident/full_update.h"
#include "kernels/resident/launch.h"
#include "kernels/resident/load.h"
#include "kernels/resident/sweeps.h"

namespace kilat::kernels::resident {
namespace {

__device__ void begin_full(const Run& run, const Batch& rows) {
  const Block block(run);
  begin_shared(run, block);
  for (unsigned i = threadIdx.x; i < rows.rows; i += kThreads) {
    block.row_labels()[i] = run.labels[rows.first + i];
  }
  hardware::fence_for_copies();  // which write where zeros were written
  __syncthreads();
}

// Up to dz.
__device__ void first_sweep(const Run& run, const Batch& rows, Pieces& pieces, unsigned* largest) {
  const Block block(run);
  if (block.warp() == kMultipliers && (rows.number == 0 || !pieces.keeps())) {
    copy_sweep(run, run.images, rows, pieces);
  }
  if (block.warp() >= kMultipliers) return;
  forward_sweep<kMostGroups>(run, rows, pieces);
  logit_sweep(run, rows);
  hardware::sync_threads(kMultiply, kMultiplyThreads);
  unit_sweep(run, rows, largest);
}

// This block's part of the gradients.
__device__ void second_sweep(const FullRun& full, const Batch& rows, Pieces& pieces,
                             const unsigned* largest) {
  const Run& run = full.run;
  const unsigned warp = Block(run).warp();
  if (warp > kMultipliers) {
    small_sweep(run, rows, full.small + hardware::block() * small_count(run.shape));
    return;
  }
  for (unsigned g = 0; g < run.shape.groups; ++g) {
    for (unsigned round = 0; round < backward_rounds(run); ++round) {
      if (warp < kMultipliers) {
        backward_sweep(full, Block(run, g), rows, round, pieces, largest);
      } else if (!pieces.keeps()) {
        copy_sweep(run, run.images, rows, pieces);
      }
    }
  }
}

// Whether no launch before had a fault.
__device__ inline bool is_sound(const Run& run) { return run.cursor->fault == kNoFault; }

__global__ void __launch_bounds__(kThreads, 1) train_full(const __grid_constant__ FullRun full) {
  const Run& run = full.run;
  const auto grid = cooperative_groups::this_grid();
  Batch rows = batch_of(run, {}, blockIdx.x);
  Pieces pieces(run, rows);
  begin_full(run, rows);
  clear_marks(full);
  begin_clocks(run);
  const auto steps = static_cast<unsigned>(run.steps);
  for (rows.number = is_sound(run) ? 0 : steps; rows.number < steps; ++rows.number) {
    const unsigned step = rows.number;
    unsigned* largest = full.largest + step % 2 * run.shape.units;
    load_network(run);
    mark(run, Part::load);
    first_sweep(run, rows, pieces, largest);
    mark(run, Part::forward);
    grid.sync();
    mark(run, Part::exchange);
    if (ends_with(run, step)) break;
    if (const unsigned unit = hardware::thread(); blockIdx.x == 0 && unit < run.shape.units) {
      full.largest[(step + 1) % 2 * run.shape.units + unit] = 0;
    }
    second_sweep(full, rows, pieces, largest);
    mark(run, Part::backward);
    grid.sync();
    mark(run, Part::exchange);
    const StepCoefficients now = run.coefficients[run.cursor->step + step];
    with_rule(run.optimizer.rule,
              [&]<Rule rule>() { update_share<rule>(full, step, now, largest); });
    mark(run, Part::update);
    grid.sync();
    mark(run, Part::exchange);
    if (ends_with(run, step)) break;
  }
  if (full.evaluation.sets > 0) {
    if (steps == 0 || !is_sound(run)) grid.sync();  // marks are cleared
    pieces.stop_keeping(Block(run), rows.pieces());
    evaluate(full, pieces, grid);
    mark(run, Part::evaluation);
  }
  store_clocks(run);
  if (!finish(run, *run.cursor, 0)) return;
  for (unsigned i = 0; i < 2 * run.shape.units; ++i) full.largest[i] = 0;
}

}  // namespace

void launch(cudaStream_t stream, const FullRun& full) {
  cudaLaunchAttribute attribute = cooperative();
  launch_blocks<FullRun>(stream, full.run.shape.row_blocks, train_full, full, full.run.layout,
                         &attribute);
}

}  // namespace kilat::kernels::resident
