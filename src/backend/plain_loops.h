// What the backends in plain loops share: ops that treat each number by itself.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "backend/activation.h"
#include "backend/augmentation.h"
#include "backend/host.h"
#include "backend/optimizer.h"

namespace kilat {

template <class BackendReal>
class PlainLoops : public HostMemory<BackendReal> {
 public:
  using Real = BackendReal;
  template <class T>
  using Buffer = HostBuffer<T>;
  using Matrix = HostMatrix<Real>;
  using Images = HostBuffer<std::uint8_t>;

  Images images(std::span<const std::uint8_t> bytes, std::size_t /*features*/) const {
    Images images(bytes.size());
    std::copy(bytes.begin(), bytes.end(), images.begin());
    return images;
  }
  Images empty_images(std::size_t count, std::size_t features) const {
    return Images(count * features);
  }

  template <class F>
  std::size_t slices(Plan plan, std::size_t rows, const F& f) const {
    for (std::size_t first = 0; first < rows; first += plan.slice_rows) {
      f(Slice{first, std::min(plan.slice_rows, rows - first), 0, first != 0});
    }
    return rows == 0 ? 0 : 1;
  }

  void augment(Images& to, const Images& from, const AugmentedEpoch& epoch) const;
  void bias_activation(Matrix& z, std::span<const Real> bias, const Activation& f) const;
  void activation_backward(Matrix& dz, const Matrix& a, const Activation& f) const;
  void mark_active(std::span<std::uint8_t> active, const Matrix& a) const;
  void sum_blocks(std::span<Buffer<Real>> blocks, std::size_t n) const;
  void update(Buffer<Real>& parameters, const Buffer<Real>& gradient,
              const OptimizerState<Real>& state, const Optimizer& optimizer,
              const Buffer<StepCoefficients>& steps, Buffer<Cursor>& cursor) const;
};

extern template class PlainLoops<float>;
extern template class PlainLoops<double>;

}  // namespace kilat
