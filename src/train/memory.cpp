#include "train/memory.h"

#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <kilat/error.h>

#include "step/optimizer.h"

namespace kilat {
namespace {

constexpr double kGigabyte = 1e9;

// MemAvailable of Linux's /proc/meminfo, in bytes.
std::optional<double> free_memory() {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    double kibibytes = 0;
    if (words >> name >> kibibytes && name == "MemAvailable:") return kibibytes * 1024;
  }
  return std::nullopt;
}

// Of the parameters alone: the network, the trainer's copy, gradient and the optimizer's state.
double needed_memory(const Recipe& recipe, const Dataset& train) {
  const double copies = 3 + static_cast<double>(state_blocks(optimizer_of(recipe).rule));
  double parameters = 0;
  auto in = static_cast<double>(train.features);
  for (const std::size_t width : recipe.hidden) {
    parameters += (in + 1) * static_cast<double>(width);
    in = static_cast<double>(width);
  }
  return copies * sizeof(float) * parameters;
}

}  // namespace

void require_memory(const Recipe& recipe, const Dataset& train) {
  const double needed = needed_memory(recipe, train);
  const std::optional<double> free = free_memory();
  if (!free || needed <= *free) return;
  throw Error(
      fmt::format("--hidden {}: needs at least {:.0f} GB of memory, {:.0f} GB are free; use "
                  "smaller widths",
                  fmt::join(recipe.hidden, ","), needed / kGigabyte, *free / kGigabyte),
      Failure::run);
}

}  // namespace kilat
