// A grey image in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kilat {

struct GreyImage {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::vector<std::uint8_t> pixels;  // [rows, cols], row-major; 0 is black
};

}  // namespace kilat
