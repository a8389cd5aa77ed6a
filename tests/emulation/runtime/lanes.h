// What the lanes of a warp-wide operation gave: each the address of its own part.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace emulation {

using Lanes = std::array<std::uint64_t, 32>;

template <class T>
const T& of_lane(const Lanes& lanes, std::size_t lane) {
  return *reinterpret_cast<const T*>(lanes[lane]);
}

}  // namespace emulation
