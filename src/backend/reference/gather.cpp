#include "backend/reference/reference.h"

namespace kilat {

void Reference::gather(Pixels& x, std::span<std::uint8_t> y, const Images& images,
                       std::span<const std::uint8_t> labels, const Buffer<std::uint32_t>& order,
                       const Buffer<Cursor>& cursor, Slice slice) const {
  const std::size_t features = x.values.columns();
  x.values.set_rows(slice.rows);
  for (std::size_t i = 0; i < slice.rows; ++i) {
    const std::size_t sample =
        order.size() == 0 ? slice.first + i : order[cursor[0].position + slice.first + i];
    for (std::size_t f = 0; f < features; ++f) {
      const double byte = images[sample * features + f];
      x.values.row(i)[f] = (byte - x.normalisation.shift) * x.normalisation.scale;
    }
    y[i] = labels[sample];
  }
}

}  // namespace kilat
