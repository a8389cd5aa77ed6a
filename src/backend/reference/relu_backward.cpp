#include "backend/reference/reference.h"

namespace kilat {

void Reference::relu_backward(Matrix& dz, const Matrix& a) const {
  for (std::size_t i = 0; i < dz.rows(); ++i) {
    for (std::size_t j = 0; j < dz.columns(); ++j) {
      if (!(a.row(i)[j] > 0)) dz.row(i)[j] = 0;
    }
  }
}

}  // namespace kilat
