#include "backend/reference/reference.h"

namespace kilat {

void Reference::bias_activation(Matrix& z, std::span<const double> bias,
                                const Activation& f) const {
  with_activation(f.kind, [&]<ActivationKind kind>() {
    for (std::size_t i = 0; i < z.rows(); ++i) {
      for (std::size_t j = 0; j < z.columns(); ++j) {
        double& a = z.row(i)[j];
        a = activate<kind>(a + bias[j], double{f.slope});
      }
    }
  });
}

}  // namespace kilat
