#include "emulation/fragments.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>

#include "runtime/device.h"
#include "runtime/grid.h"
#include "runtime/lanes.h"

namespace emulation {
namespace {

void check(const Lanes& lanes) {
  const auto& first = of_lane<Transfer>(lanes, 0);
  for (std::size_t lane = 1; lane < 32; ++lane) {
    const auto& other = of_lane<Transfer>(lanes, lane);
    if (other.memory == first.memory && other.line == first.line &&
        other.column_major == first.column_major) {
      continue;
    }
    running_grid()->stop(fmt::format("lanes 0 and {} name different matrices", lane));
  }
  constexpr std::uintptr_t kAlignment = 32, kLine = 16;
  if (reinterpret_cast<std::uintptr_t>(first.memory) % kAlignment != 0) {
    running_grid()->stop("a matrix that is not aligned to 32 bytes");
  }
  if (first.line * first.bytes % kLine != 0) {
    running_grid()->stop(fmt::format("a matrix with {} numbers from line to line", first.line));
  }
}

void move_all(const Lanes& lanes) {
  check(lanes);
  for (std::size_t lane = 0; lane < 32; ++lane) {
    const auto& part = of_lane<Transfer>(lanes, lane);
    for (int e = 0; e < kOfLane; ++e) {
      const auto place = static_cast<std::size_t>(place_of(static_cast<int>(lane), e));
      std::size_t row = place / kSide, column = place % kSide;
      if (part.column_major) std::swap(row, column);
      std::byte* in_memory =
          static_cast<std::byte*>(part.memory) + (row * part.line + column) * part.bytes;
      std::byte* element =
          static_cast<std::byte*>(part.elements) + static_cast<std::size_t>(e) * part.bytes;
      std::memcpy(part.store ? in_memory : element, part.store ? element : in_memory, part.bytes);
    }
  }
}

// To the next float towards zero; beyond the largest one infinity.
float cut_off(double x) {
  const auto nearest = static_cast<float>(x);
  return std::abs(double{nearest}) > std::abs(x) && std::isfinite(nearest)
             ? std::nextafter(nearest, 0.0F)
             : nearest;
}

using Matrix = double[kSide * kSide];

void multiply_all(const Lanes& lanes) {
  Matrix a, b_transposed;
  for (std::size_t lane = 0; lane < 32; ++lane) {
    const auto& part = of_lane<MultiplyAdd>(lanes, lane);
    for (int e = 0; e < kOfLane; ++e) {
      const int place = place_of(static_cast<int>(lane), e);
      a[place] = float{part.a[e]};
      b_transposed[place % kSide * kSide + place / kSide] = float{part.b[e]};
    }
  }
  for (std::size_t lane = 0; lane < 32; ++lane) {
    const auto& part = of_lane<MultiplyAdd>(lanes, lane);
    for (int e = 0; e < kOfLane; ++e) {
      const int place = place_of(static_cast<int>(lane), e);
      const double* row = a + place / kSide * kSide;
      const double* column = b_transposed + place % kSide * kSide;
      double sum = part.c[e];
      for (int k = 0; k < kSide; ++k) sum += row[k] * column[k];
      part.d[e] = cut_off(sum);
    }
  }
}

}  // namespace

void transfer(Transfer own, const char* name, Site where) {
  if (compute_capability_major() < 8) running_grid()->stop("no bf16 before compute capability 8.0");
  meet_whole_warp(&own, move_all, name, where);
}

void multiply_add(MultiplyAdd own, Site where) {
  meet_whole_warp(&own, multiply_all, "mma_sync", where);
}

}  // namespace emulation
