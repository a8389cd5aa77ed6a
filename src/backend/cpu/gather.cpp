#include <algorithm>

#include "backend/cpu/cpu.h"

namespace kilat {

void Cpu::gather(Pixels& x, std::span<std::uint8_t> y, std::span<const std::uint8_t> pixels,
                 std::span<const std::uint8_t> labels, const Buffer<std::uint32_t>& order,
                 const Buffer<Cursor>& cursor, Slice slice) const {
  x.rows = slice.rows;
  x.is_widened = false;
  if (order.size() == 0) {
    x.bytes = pixels.data() + slice.first * x.features;
    std::copy_n(labels.begin() + slice.first, slice.rows, y.begin());
    return;
  }
  x.bytes = x.gathered.data();
  const std::uint32_t* rows = order.data() + cursor[0].position + slice.first;
  constexpr std::size_t kGrain = 64;
  parallel_ranges(threads_, slice.rows, kGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      std::copy_n(pixels.data() + rows[i] * x.features, x.features,
                  x.gathered.data() + i * x.features);
      y[i] = labels[rows[i]];
    }
  });
}

}  // namespace kilat
