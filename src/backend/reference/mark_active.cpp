#include "backend/reference/reference.h"

namespace kilat {

void Reference::mark_active(std::span<std::uint8_t> active, const Matrix& a) const {
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t j = 0; j < a.columns(); ++j) {
      if (a.row(i)[j] > 0) active[j] = 1;
    }
  }
}

}  // namespace kilat
