#include "backend/cpu/rows.h"

#include "backend/cpu/simd.h"

namespace kilat {

void activate_rows(const BiasActivationRows& r) {
  vectorised([=]() KILAT_INLINED_LAMBDA {
    with_activation(r.f.kind, [&, slope = r.f.slope]<ActivationKind kind>() KILAT_INLINED_LAMBDA {
      for (std::size_t i = 0; i < r.rows; ++i) {
        const float* z = r.z + i * r.z_row;
        const float* bias = r.bias;
        float* a = r.a + i * r.a_row;
        for (std::size_t j = 0; j < r.columns; ++j) a[j] = activate<kind>(z[j] + bias[j], slope);
      }
    });
  });
}

void activation_backward_rows(const ActivationBackwardRows& r) {
  vectorised([=]() KILAT_INLINED_LAMBDA {
    with_activation(r.f.kind, [&, slope = r.f.slope]<ActivationKind kind>() KILAT_INLINED_LAMBDA {
      for (std::size_t i = 0; i < r.rows; ++i) {
        const float* da = r.da + i * r.da_row;
        const float* a = r.a + i * r.row;
        float* dz = r.dz + i * r.row;
        for (std::size_t j = 0; j < r.columns; ++j) {
          dz[j] = activation_gradient<kind>(da[j], a[j], slope);
        }
      }
    });
  });
}

void add_rows(const AddedRows& r) {
  vectorised([=]() KILAT_INLINED_LAMBDA {
    for (std::size_t i = 0; i < r.rows; ++i) {
      const float* from = r.from + i * r.from_row;
      float* to = r.to + i * r.to_row;
      for (std::size_t j = 0; j < r.columns; ++j) to[j] = r.accumulate ? to[j] + from[j] : from[j];
    }
  });
}

}  // namespace kilat
