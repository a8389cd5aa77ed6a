#include "backend/reference/reference.h"

#include <algorithm>

#include "backend/backend.h"

namespace kilat {

static_assert(Backend<Reference>);

Plan Reference::plan(std::size_t rows) const {
  constexpr std::size_t kSliceRows = 512;
  return {1, std::clamp<std::size_t>(rows, 1, kSliceRows)};
}

}  // namespace kilat
