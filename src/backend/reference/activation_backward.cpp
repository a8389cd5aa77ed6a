#include "backend/reference/reference.h"

namespace kilat {

void Reference::activation_backward(Matrix& dz, const Matrix& a, const Activation& f) const {
  with_activation(f.kind, [&]<ActivationKind kind>() {
    for (std::size_t i = 0; i < dz.rows(); ++i) {
      for (std::size_t j = 0; j < dz.columns(); ++j) {
        double& d = dz.row(i)[j];
        d = activation_gradient<kind>(d, a.row(i)[j], double{f.slope});
      }
    }
  });
}

}  // namespace kilat
