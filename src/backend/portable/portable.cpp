#include "backend/portable/portable.h"

#include <algorithm>

#include <fmt/format.h>

#include <kilat/error.h>

#include "backend/backend.h"

namespace kilat {

static_assert(Backend<Portable>);

Plan Portable::plan(std::size_t rows) const {
  constexpr std::size_t kMostRows = std::size_t{1} << 24;  // of a batch; more means a whole set
  constexpr std::size_t kEvaluated = 512;
  return {1, rows > kMostRows ? kEvaluated : std::max<std::size_t>(rows, 1)};
}

PortablePixels Portable::pixels(std::size_t capacity, std::size_t features,
                                Normalisation normalisation) const {
  if (features > kMostFeatures) {
    throw Error(fmt::format("--device portable: images of {} pixels; it takes at most {}", features,
                            kMostFeatures));
  }
  return {HostMatrix<std::uint8_t>(capacity, features), normalisation};
}

void Portable::gather(Pixels& x, std::span<std::uint8_t> y, const Images& images,
                      std::span<const std::uint8_t> labels, const Buffer<std::uint32_t>& order,
                      const Buffer<Cursor>& cursor, Slice slice) const {
  const std::size_t features = x.bytes.columns();
  x.bytes.set_rows(slice.rows);
  for (std::size_t i = 0; i < slice.rows; ++i) {
    const std::size_t sample =
        order.size() == 0 ? slice.first + i : order[cursor[0].position + slice.first + i];
    std::copy_n(images.data() + sample * features, features, x.bytes.row(i));
    y[i] = labels[sample];
  }
}

}  // namespace kilat
