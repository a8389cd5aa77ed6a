// Training steps on one device, to be compared with the same steps on another.
#pragma once

#include <cstddef>
#include <vector>

#include <gtest/gtest.h>

#include "session/devices.h"
#include "step/trainer.h"
#include "train/schedule.h"
#include "train/tiny.h"

namespace kilat {

// Two hidden layers with all that plain descent can have.
inline Recipe nesterov_recipe() {
  Recipe r = tiny_recipe();
  r.hidden = {30, 20};
  r.epochs = 20;
  r.momentum = 0.9F;
  r.nesterov = true;
  r.weight_decay = 0.001F;
  return r;
}

inline std::unique_ptr<Trainer> trainer_of(const Device& device, const Recipe& recipe,
                                           const Dataset& data) {
  const auto rates = learning_rates(recipe, run_length(recipe, data.size()));
  return make_trainer(device, initial_network(recipe, data), {&data, {&data}}, recipe, rates);
}

inline std::vector<float> parameters_after(const Device& device, const Recipe& recipe,
                                           const Dataset& data, std::size_t steps) {
  const auto trainer = trainer_of(device, recipe, data);
  for (std::size_t i = 0; i < steps; ++i) trainer->step();
  EXPECT_EQ(trainer->cursor().fault, kNoFault);
  EXPECT_EQ(trainer->cursor().step, steps);
  return trainer->state().parameters;
}

// Expects these steps' parameters on `device` to be those in double precision, up to rounding. A
// step moves a parameter by about rate · |gradient|, with |gradient| at most 1 here, and rounds it
// by about sqrt(K) eps of that for products of K terms, K up to 1,000; momentum 0.9 keeps a
// rounding alive for ten steps; steps add up. Hence steps · 10 · 32 · eps · rate, doubled for
// growth.
inline void expect_agreement(const Device& device, const Recipe& recipe, const Dataset& data,
                             std::size_t steps) {
  constexpr double kRounding = 6e-8;  // of a float
  const double tolerance =
      2 * static_cast<double>(steps) * 10 * 32 * kRounding * recipe.learning_rate;
  const auto got = parameters_after(device, recipe, data, steps);
  const auto wanted = parameters_after(choose_device("reference"), recipe, data, steps);
  double moved = 0;
  const Network start = initial_network(recipe, data);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    ASSERT_NEAR(got[i], wanted[i], tolerance) << "parameter " << i;
    moved = std::max(moved, std::abs(double{wanted[i]} - double{start.parameters[i]}));
  }
  EXPECT_GT(moved, 100 * tolerance) << "the test says nothing: the weights hardly moved";
}

}  // namespace kilat
