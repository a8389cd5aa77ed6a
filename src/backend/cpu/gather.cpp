#include <algorithm>

#include "backend/cpu/cpu.h"

namespace kilat {

void Cpu::gather(Pixels& x, std::span<std::uint8_t> y, std::span<const std::uint8_t> pixels,
                 std::span<const std::uint8_t> labels, const Buffer<std::uint32_t>& order,
                 const Buffer<Cursor>& cursor, Slice slice) {
  const std::size_t features = x.features();
  if (order.size() == 0) {
    team_->once([&] {
      x.set(pixels.data() + slice.first * features, slice.rows);
      std::copy_n(labels.begin() + slice.first, slice.rows, y.begin());
    });
    return;
  }
  if (team_->leads()) x.set(x.gathered(), slice.rows);
  const std::uint32_t* rows = order.data() + cursor[0].position + slice.first;
  constexpr std::size_t kGrain = 8;
  team_->ranges(slice.rows, kGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      std::copy_n(pixels.data() + rows[i] * features, features, x.gathered() + i * features);
      y[i] = labels[rows[i]];
    }
  });
}

}  // namespace kilat
