// history.csv: the evaluations of a run as a table.
#pragma once

#include <span>
#include <string>

#include <kilat/train.h>

namespace kilat {

// A header and one line an evaluation: iteration, epoch, loss and accuracy of the training,
// validation and test data, learning rate, dead units, seconds. Numbers are the shortest that read
// back as the same double; what was not measured (NaN) is an empty field.
std::string history_csv(std::span<const Evaluation> history);

// The largest share of dead units in any hidden layer; kNotMeasured without hidden layers.
double worst_dead_share(const Evaluation& evaluation);

}  // namespace kilat
