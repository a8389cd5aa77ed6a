// TensorBoard event files.
#pragma once

#include <span>
#include <string>

#include <kilat/train.h>

namespace kilat {

// The bytes of an events.out.tfevents.* file: loss/{train,validation,test}, accuracy/{…},
// learning_rate and dead_units over the iterations; what was not measured is left out. The clock
// is `wall_time_start` (seconds since 1970) plus the seconds spent training.
std::string tensorboard_events(std::span<const Evaluation> history, double wall_time_start);

}  // namespace kilat
