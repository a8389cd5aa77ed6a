// Speed by batch size.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace kilat {

// Powers of two from 32 to below `samples`, and `samples` itself.
std::vector<std::size_t> sweep_batches(std::size_t samples);

struct SweepPoint {
  std::size_t batch = 0;
  std::vector<double> samples_per_second;  // of each device
};

// The table, line by line: samples/s of each device and, for two devices, their ratio.
std::string sweep_header(const std::vector<std::string>& devices);
std::string sweep_line(const SweepPoint& point, bool is_full);

// Where the second device begins to be the faster one for good, in words: "cuda:0 overtakes cpu at
// batch 256". There are two devices, and the batches rise.
std::string overtaking_text(const std::vector<SweepPoint>& points,
                            const std::vector<std::string>& devices);

}  // namespace kilat
