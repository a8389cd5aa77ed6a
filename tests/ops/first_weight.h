// A first layer's weight, or its gradient, as a backend stores it.
#pragma once

#include "ops/op_test.h"

namespace kilat {

template <class B>
class FirstWeight {
  using Real = typename B::Real;

 public:
  // `values`: [features, units]
  FirstWeight(B& b, const Values& values, std::size_t units)
      : units_(units),
        features_(values.size() / units),
        blocks_(b.unit_blocks(units)),
        buffer_(b.template buffer<Real>(features_ * (blocks_.empty() ? units : blocks_.width()))) {
    std::vector<Real> stored(buffer_.size());
    for_each([&](std::size_t i, std::size_t at) { stored[at] = static_cast<Real>(values[i]); });
    b.upload(std::span<const Real>(stored), buffer_);
  }

  MatrixView<Real> view() { return {buffer_.data(), units_, features_, true}; }
  MatrixView<const Real> view() const { return {buffer_.data(), units_, features_, true}; }

  // [features, units]. Expects the columns beyond a block's units to be zero.
  Values values(B& b) const {
    std::vector<Real> stored = values_of<Real>(b, buffer_);
    Values result(features_ * units_);
    for_each([&](std::size_t i, std::size_t at) {
      result[i] = static_cast<double>(stored[at]);
      stored[at] = 0;
    });
    EXPECT_TRUE(std::all_of(stored.begin(), stored.end(), [](Real x) { return x == 0; }));
    return result;
  }

 private:
  // Calls f(index in [features, units], index in the buffer).
  template <class F>
  void for_each(const F& f) const {
    for (std::size_t i = 0; blocks_.empty() && i < features_ * units_; ++i) f(i, i);
    blocks_.for_each([&](const UnitBlock& block) {
      for (std::size_t k = 0; k < features_; ++k) {
        for (std::size_t j = 0; j < block.units; ++j) {
          f(k * units_ + block.first + j, block.first * features_ + k * block.width + j);
        }
      }
    });
  }

  std::size_t units_, features_;
  UnitBlocks blocks_;
  typename B::template Buffer<Real> buffer_;
};

}  // namespace kilat
