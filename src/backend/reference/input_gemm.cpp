#include "backend/reference/reference.h"

namespace kilat {

void Reference::input_gemm(Matrix& z, Pixels& x, MatrixView<const double> weight) const {
  gemm(z, x.values.view(), transpose(weight));
}

}  // namespace kilat
