// What is calculated with numbers alone, calculated with vectors of them.
#pragma once

#include <cstddef>

#include "backend/cpu/simd.h"

namespace kilat {

template <std::size_t lanes>
struct VectorArithmetic {
  using Number = Floats<lanes>;
  KILAT_INLINE static Number broadcast(float x) { return kilat::broadcast<lanes>(x); }
  KILAT_INLINE static Number multiply_add(Number a, Number b, Number c) {
    return kilat::multiply_add<lanes>(a, b, c);
  }
  KILAT_INLINE static Number root(Number x) { return kilat::root<lanes>(x); }
  // 2ⁿ of n + kRound (backend/arithmetic.h)
  KILAT_INLINE static Number power_of_two(Number shifted) {
    return reinterpret_cast<Number>((reinterpret_cast<Bits<lanes>>(shifted) << 23) + 0x3f800000U);
  }
};

}  // namespace kilat
