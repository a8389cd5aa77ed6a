#include "bench/batch_sweep.h"

#include <fmt/format.h>

#include "report/format.h"

namespace kilat {

std::vector<std::size_t> sweep_batches(std::size_t samples) {
  constexpr std::size_t kFirst = 32;
  std::vector<std::size_t> batches;
  for (std::size_t batch = kFirst; batch < samples; batch *= 2) batches.push_back(batch);
  batches.push_back(samples);
  return batches;
}

std::string overtaking_text(const std::vector<SweepPoint>& points,
                            const std::vector<std::string>& devices) {
  std::size_t first = points.size();  // of the last points, where the second device leads
  while (first > 0) {
    const std::vector<double>& speeds = points[first - 1].samples_per_second;
    if (speeds[1] <= speeds[0]) break;
    --first;
  }
  const std::string &one = devices[0], &other = devices[1];
  if (first == 0) return fmt::format("{} is faster than {} at every batch size", other, one);
  if (first < points.size()) {
    return fmt::format("{} overtakes {} at batch {}", other, one, points[first].batch);
  }
  return fmt::format("{} does not overtake {}: it is slower at batch {}", other, one,
                     points.back().batch);
}

std::string sweep_header(const std::vector<std::string>& devices) {
  std::string line = "  batch";
  for (const std::string& name : devices) line += fmt::format("  {:>22}", name + ", samples/s");
  return line + (devices.size() == 2 ? fmt::format("  {:>10}\n", "ratio") : "\n");
}

std::string sweep_line(const SweepPoint& point, bool is_full) {
  const std::vector<double>& speeds = point.samples_per_second;
  std::string line = fmt::format("{:>7}", is_full ? "full" : fmt::format("{}", point.batch));
  for (const double speed : speeds) line += fmt::format("  {:>22}", count_text(speed));
  return line + (speeds.size() == 2 ? fmt::format("  {:>10.2f}\n", speeds[1] / speeds[0]) : "\n");
}

}  // namespace kilat
