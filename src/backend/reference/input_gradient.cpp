#include "backend/reference/reference.h"

namespace kilat {

void Reference::input_gradient(MatrixView<double> gradient, const Matrix& dz, Pixels& x,
                               bool accumulate) const {
  gemm(gradient, transpose(dz.view()), x.values.view(), accumulate);
}

}  // namespace kilat
