// The learning rate of each iteration.
#pragma once

#include <cstddef>
#include <vector>

#include <kilat/recipe.h>

namespace kilat {

// How long a run is, and how it divides.
struct RunLength {
  std::size_t iterations = 0;            // updates in all
  std::size_t iterations_per_epoch = 1;  // the short last batch included
};

// Of `recipe` on `samples` training samples. Throws Error when there would be more iterations than
// a table of learning rates can hold.
RunLength run_length(const Recipe& recipe, std::size_t samples);

// The number of steps, at least 1, that a slow device makes in some tenths of a second: how many to
// queue at once so that the program stays responsive. `parameters` is the network's number of
// parameters, `batch` the samples of a step.
std::size_t steps_in_short_time(std::size_t parameters, std::size_t batch);

// Iterations from one evaluation to the next.
std::size_t evaluation_interval(const Recipe& recipe, RunLength length);

// One learning rate an iteration: the schedule's, times (i + 1) / warmup_iterations during warm-up.
std::vector<float> learning_rates(const Recipe& recipe, RunLength length);

}  // namespace kilat
