// The lines of the console, as text.
#pragma once

#include <cstddef>
#include <string>

#include <kilat/train.h>

namespace kilat {

// Which scores have columns in the table.
struct Columns {
  bool train = true;
  bool validation = true;
  bool test = true;
};

// Those that were measured; in a run that trains on everything there may be only one.
Columns measured_columns(const Evaluation& evaluation);

// The table's two header lines and one of its lines; no line break at their end. All three scores
// fit into 80 columns.
std::string evaluation_header(const Columns& columns = {});
std::string evaluation_line(const Evaluation& evaluation, const Columns& columns = {});

// Whether evaluation `index` (from 0) gets a line when `expected` are to come: the first, and every
// k-th such that about 40 do.
bool worth_a_line(std::size_t index, std::size_t expected);

// How far a run is.
struct Progress {
  std::size_t iteration = 0;
  std::size_t total = 0;  // 0: unknown
  Score score;            // the latest, of whichever data
  double samples_per_second = kNotMeasured;
  double seconds_left = kNotMeasured;
};

// A bar of `width` columns for a fraction in [0, 1], such as "[####----]" in ASCII.
std::string bar(double fraction, std::size_t width, bool utf8);

// Percentage, bar, loss, accuracy, samples/s and time left in less than `width` columns. Where
// there is no room, the rate is left out first, then accuracy and loss, then the time left. From 20
// columns up the bar is complete.
std::string progress_line(const Progress& progress, std::size_t width, bool utf8);

}  // namespace kilat
