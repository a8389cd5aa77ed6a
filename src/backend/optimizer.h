// Optimizers as functions of one parameter, shared by all devices.
//
// An optimizer is a rule, its coefficients, and as many blocks of state as the rule needs, each
// laid out as the parameters. Code that allocates, stores, copies or hashes these blocks does not
// depend on the rule. To add a rule, add an entry to Rule, its cases to state_blocks, state_name
// and leaves_at_rest, its formula to next_parameter, and a case to with_rule.
#pragma once

#include <cstddef>

#include "backend/everywhere.h"

namespace kilat {

// sgd, momentum, nesterov: stochastic gradient descent as torch.optim.SGD defines it (dampening 0).
// adam: Kingma and Ba 2015, algorithm 1, as torch.optim.Adam defines it.
enum class Rule { sgd, momentum, nesterov, adam };

constexpr std::size_t kMostState = 2;
KILAT_EVERYWHERE constexpr std::size_t state_blocks(Rule rule) {
  return rule == Rule::sgd ? 0 : rule == Rule::adam ? 2 : 1;
}
// The name of a state block in files and tables.
constexpr const char* state_name(Rule rule, std::size_t block) {
  if (rule != Rule::adam) return "velocity";
  return block == 0 ? "first_moment" : "second_moment";
}

// The coefficients that are the same in every step of a run.
struct Optimizer {
  Rule rule = Rule::sgd;
  float weight_decay = 0;  // added to the gradient times the parameter
  float momentum = 0;      // of velocity, or of Adam's first moment: β₁
  float momentum2 = 0;     // of Adam's second moment: β₂
  float epsilon = 0;
};

// Whether a parameter whose gradient is zero never changes, whatever its state.
constexpr bool leaves_at_rest(const Optimizer& o) {
  return o.rule == Rule::sgd && o.weight_decay == 0;
}

// The coefficients of one step, from a table that the host makes (step/optimizer.h).
struct StepCoefficients {
  float rate = 0;          // η; of Adam η / (1 − β₁ᵗ)
  float inverse_root = 1;  // of Adam 1 / √(1 − β₂ᵗ)
};

// The blocks of state of an optimizer, in device memory.
template <class Real>
struct OptimizerState {
  Real* block[kMostState] = {};

  KILAT_EVERYWHERE OptimizerState from(std::size_t i) const {
    OptimizerState moved = *this;
    for (Real*& b : moved.block) b = b == nullptr ? b : b + i;
    return moved;
  }
};

// Returns the parameter w after a step with gradient g, and updates its `state`. A provides the
// arithmetic: a type Number and functions multiply_add(a, b, c) = a · b + c, root(x) = √x and
// broadcast(float). In
//   g ← g + (decay · w)
//   sgd                 w ← w − (η · g)
//   momentum, nesterov  v ← (μ · v) + g;  w ← w − (η · d), d = v or g + (μ · v)
//   adam                m ← m + ((1 − β₁) · (g − m));  v ← (β₂ · v) + (1 − β₂) · g · g;
//                       w ← w − (η · (m / ((√v · inverse_root) + ε)))
// each product in parentheses and the sum around it are one multiply_add.
template <Rule rule, class A>
KILAT_EVERYWHERE typename A::Number next_parameter(typename A::Number w, typename A::Number g,
                                                   typename A::Number* state, const Optimizer& o,
                                                   const StepCoefficients& c) {
  using Number = typename A::Number;
  g = A::multiply_add(A::broadcast(o.weight_decay), w, g);
  Number direction = g;
  if constexpr (rule == Rule::momentum || rule == Rule::nesterov) {
    const Number momentum = A::broadcast(o.momentum);
    state[0] = A::multiply_add(momentum, state[0], g);
    direction = rule == Rule::nesterov ? A::multiply_add(momentum, state[0], g) : state[0];
  } else if constexpr (rule == Rule::adam) {
    state[0] = A::multiply_add(A::broadcast(1 - o.momentum), g - state[0], state[0]);
    state[1] =
        A::multiply_add(A::broadcast(o.momentum2), state[1], A::broadcast(1 - o.momentum2) * g * g);
    direction = state[0] / A::multiply_add(A::root(state[1]), A::broadcast(c.inverse_root),
                                           A::broadcast(o.epsilon));
  }
  return A::multiply_add(A::broadcast(-c.rate), direction, w);
}

// Calls f.template operator()<rule>() with the rule as a constant: the choice is made once, outside
// the loops.
KILAT_CALLS_EITHER
template <class F>
KILAT_EVERYWHERE void with_rule(Rule rule, const F& f) {
  switch (rule) {
    case Rule::sgd:
      return f.template operator()<Rule::sgd>();
    case Rule::momentum:
      return f.template operator()<Rule::momentum>();
    case Rule::nesterov:
      return f.template operator()<Rule::nesterov>();
    case Rule::adam:
      return f.template operator()<Rule::adam>();
  }
}

}  // namespace kilat
