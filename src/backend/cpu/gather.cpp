#include "backend/cpu/cpu.h"

namespace kilat {

void Cpu::gather(Pixels& x, std::span<std::uint8_t> y, const Images& images,
                 std::span<const std::uint8_t> labels, const Buffer<std::uint32_t>& order,
                 const Buffer<Cursor>& cursor, Slice slice) {
  const std::uint32_t* rows =
      order.size() == 0 ? nullptr : order.data() + cursor[0].position + slice.first;
  if (team_->leads()) {
    for (std::size_t i = 0; i < slice.rows; ++i) {
      y[i] = labels[rows != nullptr ? rows[i] : slice.first + i];
    }
  }
  const std::size_t left =
      rows == nullptr ? 0 : order.size() - cursor[0].position - slice.first - slice.rows;
  x.gather(images, rows, slice.first, slice.rows, left, *team_);
}

}  // namespace kilat
