// kilat train --seeds: the same run with several seeds.
#pragma once

#include <kilat/device.h>

#include "cli/train_options.h"

namespace kilat {

// Trains options.seeds runs, with seed, seed + 1, …, each in a folder of its own, and prints median
// and spread. On the CPU they train at once, one thread each, where that is quicker: each then ends
// with the bits that it has alone with --threads 1. On a GPU those of the resident engine train at
// once, with the bits that they have alone. Returns the exit code. The caller must hold an
// Interrupt.
int train_seeds(TrainOptions options, Device device);

}  // namespace kilat
