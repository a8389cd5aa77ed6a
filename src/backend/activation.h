// Activations as functions of one number or one vector of numbers, shared by all devices. To add
// one, add an entry to ActivationKind, its formulas here, and a case to with_activation.
#pragma once

#include <kilat/activation.h>

#include "backend/everywhere.h"

namespace kilat {

// f(z). A NaN compares false and is kept.
template <ActivationKind kind, class Number>
KILAT_EVERYWHERE Number activate(Number z, Number slope) {
  const Number below = kind == ActivationKind::relu ? Number{} : slope * z;
  return z <= 0 ? below : z;
}

// da · f'(z), computed from a = f(z); f'(0) is the slope below 0.
template <ActivationKind kind, class Number>
KILAT_EVERYWHERE Number activation_gradient(Number da, Number a, Number slope) {
  const Number below = kind == ActivationKind::relu ? Number{} : slope * da;
  return a > 0 ? da : below;
}

// Whether a unit may give 0 for every sample, so that no gradient reaches its weights any more.
constexpr bool has_dead_units(const Activation& f) { return f.kind == ActivationKind::relu; }

// Calls f.template operator()<kind>() with the kind as a constant: the choice is made once, outside
// the loops. Returns what f does.
KILAT_CALLS_EITHER
template <class F>
KILAT_EVERYWHERE auto with_activation(ActivationKind kind, const F& f) {
  switch (kind) {
    case ActivationKind::relu:
      return f.template operator()<ActivationKind::relu>();
    case ActivationKind::leaky_relu:
      return f.template operator()<ActivationKind::leaky_relu>();
  }
  __builtin_unreachable();
}

}  // namespace kilat
