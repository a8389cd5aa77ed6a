#include "backend/reference/reference.h"

#include <algorithm>

#include "backend/backend.h"

namespace kilat {

static_assert(Backend<Reference>);

Plan Reference::plan(std::size_t rows) const {
  constexpr std::size_t kSliceRows = 512;
  return {1, std::clamp<std::size_t>(rows, 1, kSliceRows)};
}

void Reference::sum_blocks(std::span<Buffer<double>> blocks, std::size_t n) const {
  for (std::size_t k = 1; k < n; ++k) {
    for (std::size_t i = 0; i < blocks[0].size(); ++i) blocks[0][i] += blocks[k][i];
  }
}

}  // namespace kilat
