// Products of bytes on tensor cores, and how their operands come from shared memory.
#include <cstdint>
#include <cstring>

#include "hardware.h"
#include "runtime/device.h"
#include "runtime/grid.h"
#include "runtime/lanes.h"

namespace emulation {
namespace {

struct ByteProduct {
  int* sum;
  const unsigned* a;
  const unsigned* b;
  bool a_signed;
};

int byte_of(unsigned word, std::size_t i, bool is_signed) {
  const auto byte = static_cast<std::uint8_t>(word >> 8 * i);
  return is_signed ? static_cast<std::int8_t>(byte) : byte;
}

void multiply_all(const Lanes& lanes) {
  int a[16][32], b[8][32];
  for (std::size_t lane = 0; lane < 32; ++lane) {
    const auto& part = of_lane<ByteProduct>(lanes, lane);
    const std::size_t g = lane / 4, q = lane % 4;
    for (std::size_t i = 0; i < 4; ++i) {
      for (std::size_t r = 0; r < 4; ++r) {
        a[g + r % 2 * 8][r / 2 * 16 + q * 4 + i] = byte_of(part.a[r], i, part.a_signed);
      }
      for (std::size_t r = 0; r < 2; ++r) {
        b[g][r * 16 + q * 4 + i] = byte_of(part.b[r], i, !part.a_signed);
      }
    }
  }
  for (std::size_t lane = 0; lane < 32; ++lane) {
    const auto& part = of_lane<ByteProduct>(lanes, lane);
    for (std::size_t c = 0; c < 4; ++c) {
      const int* row = a[lane / 4 + c / 2 * 8];
      const int* column = b[lane % 4 * 2 + c % 2];
      int sum = 0;
      for (std::size_t k = 0; k < 32; ++k) sum += row[k] * column[k];
      // Wraps round, as the device does.
      part.sum[c] =
          static_cast<int>(static_cast<unsigned>(part.sum[c]) + static_cast<unsigned>(sum));
    }
  }
}

struct MatrixLoad {
  unsigned* to;
  const void* row;
  bool transposed;
};

void load_all(const Lanes& lanes) {
  constexpr std::uintptr_t kAlignment = 16;
  std::uint16_t matrices[4][8][8];
  for (std::size_t lane = 0; lane < 32; ++lane) {
    const void* row = of_lane<MatrixLoad>(lanes, lane).row;
    if (reinterpret_cast<std::uintptr_t>(row) % kAlignment != 0) {
      running_grid()->stop("load_matrices: a row that is not aligned to 16 bytes");
    }
    std::memcpy(matrices[lane / 8][lane % 8], row, sizeof matrices[0][0]);
  }
  for (std::size_t lane = 0; lane < 32; ++lane) {
    const auto& part = of_lane<MatrixLoad>(lanes, lane);
    const std::size_t line = lane / 4, first = lane % 4 * 2;
    for (std::size_t m = 0; m < 4; ++m) {
      const auto at = [&](std::size_t k) -> unsigned {
        return part.transposed ? matrices[m][k][line] : matrices[m][line][k];
      };
      part.to[m] = at(first) | at(first + 1) << 16;
    }
  }
}

}  // namespace

void multiply_bytes(int (&sum)[4], const unsigned (&a)[4], const unsigned (&b)[2], bool a_signed,
                    Site where) {
  if (compute_capability_major() < 8) {
    running_grid()->stop("no products of 16 x 8 x 32 bytes before compute capability 8.0");
  }
  const ByteProduct own = {sum, a, b, a_signed};
  meet_whole_warp(&own, multiply_all,
                  a_signed ? "multiply_signed_unsigned" : "multiply_unsigned_signed", where);
}

void load_matrices(unsigned (&to)[4], const void* row, bool transposed, Site where) {
  const MatrixLoad own = {to, row, transposed};
  meet_whole_warp(&own, load_all, transposed ? "load_matrices_transposed" : "load_matrices", where);
}

}  // namespace emulation
