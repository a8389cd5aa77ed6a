#include "kernels/resident/clocks.h"
#include "kernels/resident/deep.h"
#include "kernels/resident/finish.h"
#include "kernels/resident/first.h"
#include "kernels/resident/further.h"
#include "kernels/resident/launch.h"
#include "kernels/resident/load.h"

namespace kilat::kernels::resident {
namespace {

// All blocks of the grid: what any of their threads that multiply wrote before, all of them see
// afterwards. Words of two meetings lie beside each other: no block can be two ahead.
class Meetings {
 public:
  __device__ Meetings(const DeepRun& deep, unsigned step)
      : deep_(deep), tag_(deep.run.tag + step * static_cast<unsigned>(meetings(deep.further))) {}

  __device__ void meet() {
    std::uint64_t* words = deep_.arrivals + tag_ % 2 * gridDim.x;
    hardware::sync_threads(kMultiply, kMultiplyThreads);
    if (hardware::thread() == 0) {
      __threadfence();  // of what all wrote
      hardware::put_word(words + blockIdx.x, 0, tag_);
    }
    for (unsigned b = hardware::thread(); b < gridDim.x; b += kMultiplyThreads) {
      hardware::take_word(words + b, tag_);
    }
    __threadfence();
    hardware::sync_threads(kMultiply, kMultiplyThreads);
    ++tag_;
    mark(deep_.run, Part::exchange);
  }

 private:
  const DeepRun& deep_;
  unsigned tag_;
};

// Activations of the first layer in the step with this number of the launch [batch, units]; the
// next step has others.
__device__ inline float* first_activations(const DeepRun& deep, unsigned step) {
  return deep.activations + step % 2 * (std::size_t{deep.run.shape.batch} * deep.run.shape.units);
}

// What a layer's product is made from: the activations of the layer before.
__device__ inline const float* input_of(const DeepRun& deep, unsigned l, unsigned step) {
  return l == 0 ? first_activations(deep, step) : deep.layer[l - 1].activations;
}

// Up to the gradients of all layers' z.
__device__ void find_gradients(const DeepRun& deep, const Batch& batch, unsigned& taken,
                               Meetings& all) {
  const Run& run = deep.run;
  const auto further = static_cast<unsigned>(deep.further);
  float* first = first_activations(deep, batch.number);
  taken = forward_first(run, first, batch, taken);
  mark(run, Part::forward);
  all.meet();
  for (unsigned l = 0; l + 1 < further; ++l) {
    forward_layer(run, deep.layer[l], input_of(deep, l, batch.number), batch.rows);
    mark(run, Part::further);
    all.meet();
  }
  if (further == 0) {
    gradients_of_logits(run, first, deep.gradients, batch);
  } else {
    output_gradients(run, deep.layer[further - 1], input_of(deep, further - 1, batch.number),
                     batch);
  }
  mark(run, Part::further);
  all.meet();
  for (unsigned l = further; l-- > 0;) {
    input_gradients(run, deep.layer[l], input_of(deep, l, batch.number),
                    l == 0 ? deep.gradients : deep.layer[l - 1].gradients, batch.rows);
    mark(run, Part::gradients);
    all.meet();
  }
}

// The updates of the layers after the first, shared out to the blocks that have no units of the
// first one, if these are many.
template <Rule rule>
__device__ __attribute__((noinline)) void update_further(const DeepRun& deep, unsigned step) {
  const Run& run = deep.run;
  if (is_over_before_updates_of(run, step)) return;
  const unsigned owners = run.shape.blocks() < gridDim.x ? run.shape.blocks() : gridDim.x;
  const unsigned others = gridDim.x - owners;
  const bool all = others * 4 < gridDim.x;
  if (!all && blockIdx.x < owners) return;
  const Batch batch = batch_of(run, *run.cursor, step);
  const StepCoefficients now = run.coefficients[run.cursor->step + step];
  for (unsigned l = 0; l < static_cast<unsigned>(deep.further); ++l) {
    update_layer<rule>(run, deep.layer[l], input_of(deep, l, step), batch, now,
                       all ? blockIdx.x : blockIdx.x - owners, all ? gridDim.x : others);
  }
}

template <Rule rule>
__device__ void make_step(const DeepRun& deep, unsigned step, unsigned& taken) {
  Meetings all(deep, step);
  find_gradients(deep, batch_of(deep.run, *deep.run.cursor, step), taken, all);
  taken = backward_first<rule>(deep, step, taken);
  mark(deep.run, Part::backward);
  update_further<rule>(deep, step);
  mark(deep.run, Part::update);
}

template <Rule rule>
__global__ void __launch_bounds__(kDeepThreads, 1)
    train_deep(const __grid_constant__ DeepRun deep) {
  const Run& run = deep.run;
  begin_deep(run);
  begin_clocks(run);
  const unsigned steps = run.cursor->fault == kNoFault ? static_cast<unsigned>(run.steps) : 0;
  if (Block(run).warp() == kMultipliers) {
    copy_steps(deep, steps);
  } else {
    unsigned taken = 0;
    for (unsigned step = 0; step < steps; ++step) make_step<rule>(deep, step, taken);
  }
  store_clocks(run);
  finish(run, *run.cursor, run.shape.batch);
}

}  // namespace

void launch(cudaStream_t stream, const DeepRun& deep) {
  cudaLaunchAttribute attribute = cooperative();
  void (*kernel)(DeepRun) = nullptr;
  with_rule(deep.run.optimizer.rule, [&]<Rule rule>() { kernel = train_deep<rule>; });
  launch_blocks<DeepRun>(stream, deep.run.shape.grid, kernel, deep, deep.run.layout, &attribute,
                         kDeepThreads);
}

}  // namespace kilat::kernels::resident
