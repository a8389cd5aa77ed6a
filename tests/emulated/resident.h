// Trainers of the resident engine, on a device of given figures, and of the portable backend.
#pragma once

#include <exception>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "backend/cuda/portable_cuda.h"
#include "session/cuda/resident_network.h"
#include "step/device_trainer.h"
#include "train/agreement.h"

namespace kilat {

using kernels::resident::Figures;

constexpr unsigned kShared = 232448;  // bytes of a block, of compute capability 9.0
constexpr Figures kHopper = {kShared, 132, 16};
constexpr Figures kNoCluster = {kShared, 132, 0};

inline std::vector<float> rates_of(const Recipe& r) {
  return std::vector<float>(200, r.learning_rate);
}

inline std::unique_ptr<Trainer> resident(const Recipe& r, const Dataset& data,
                                         const Figures& device,
                                         std::vector<const Dataset*> others = {}) {
  const Network network = initial_network(r, data);
  auto backend = std::make_unique<PortableCuda>(CudaOptions{});
  backend->keep_resident(resident_network(network, data.size(), r), device);
  return std::make_unique<DeviceTrainer<PortableCuda>>(
      std::move(backend), network, SessionData{&data, std::move(others)}, r, rates_of(r));
}

inline std::unique_ptr<Trainer> portable(const Recipe& r, const Dataset& data,
                                         std::vector<const Dataset*> others = {}) {
  return make_trainer(choose_device("portable"), initial_network(r, data),
                      {&data, std::move(others)}, r, rates_of(r));
}

inline void expect_same(Trainer& a, Trainer& b, const std::string& what) {
  EXPECT_EQ(a.cursor().step, b.cursor().step) << what;
  EXPECT_EQ(a.cursor().position, b.cursor().position) << what;
  EXPECT_EQ(a.cursor().fault, b.cursor().fault) << what;
  const TrainerState x = a.state(), y = b.state();
  EXPECT_TRUE(x.parameters == y.parameters) << what;
  EXPECT_TRUE(x.optimizer == y.optimizer) << what;
}

inline void expect_bits_of_portable(const Recipe& r, const Dataset& data, const Figures& device,
                                    const std::string& what, std::size_t steps = 30) {
  const auto trainer = resident(r, data, device), wanted = portable(r, data);
  trainer->steps(steps);
  wanted->steps(steps);
  expect_same(*trainer, *wanted, what);
}

// In launches of these steps, and then resumed for `more`.
inline void expect_bits_in_parts(const Recipe& r, const Dataset& data, const Figures& device,
                                 const std::vector<std::size_t>& parts, std::size_t more = 2) {
  const auto trainer = resident(r, data, device), wanted = portable(r, data);
  std::size_t steps = 0;
  for (const std::size_t n : parts) {
    trainer->steps(n);
    steps += n;
  }
  wanted->steps(steps);
  expect_same(*trainer, *wanted, "in parts");
  const auto resumed = resident(r, data, device);
  resumed->set_state(trainer->state());
  resumed->seek(steps);
  resumed->steps(more);
  wanted->steps(more);
  expect_same(*resumed, *wanted, "resumed");
  const Score a = resumed->evaluate(0), b = wanted->evaluate(0);
  EXPECT_EQ(a.loss, b.loss);
  EXPECT_EQ(a.accuracy, b.accuracy);
}

// Scores of the training set and of another, with two units of each hidden layer that never fire.
inline void expect_scores_of_portable(const Recipe& r, const Dataset& data, const Dataset& other,
                                      const Figures& device, const std::string& what) {
  const auto trainer = resident(r, data, device, {&other}), wanted = portable(r, data, {&other});
  TrainerState state = wanted->state();
  const std::vector<LinearShape> layers = initial_network(r, data).shapes();
  for (std::size_t l = 0; l < r.hidden.size(); ++l) {
    const std::size_t bias = layers[l].bias;
    state.parameters[bias] = state.parameters[bias + r.hidden[l] - 1] = -1e6F;
  }
  for (Trainer* t : {trainer.get(), wanted.get()}) {
    t->set_state(state);
    t->steps(7);
  }
  for (const std::size_t set : {1, 0, 1}) {
    std::vector<double> dead, wanted_dead;
    const Score a = trainer->evaluate(set, &dead), b = wanted->evaluate(set, &wanted_dead);
    EXPECT_EQ(a.loss, b.loss) << what << ", set " << set;
    EXPECT_EQ(a.accuracy, b.accuracy) << what << ", set " << set;
    EXPECT_EQ(dead, wanted_dead) << what << ", set " << set;
    ASSERT_EQ(wanted_dead.size(), r.hidden.size()) << what;
    for (std::size_t l = 0; l < r.hidden.size(); ++l) {
      EXPECT_GE(wanted_dead[l], 2.0 / static_cast<double>(r.hidden[l])) << what;
    }
  }
}

// The parts whose clocks are counted while steps are profiled; these steps have the same bits.
inline std::vector<std::string> parts_of(const Recipe& r, const Dataset& data,
                                         const Figures& device) {
  const auto trainer = resident(r, data, device), wanted = resident(r, data, device);
  trainer->profile(3);
  wanted->steps(3);
  expect_same(*trainer, *wanted, "profiled");
  std::vector<std::string> names;
  for (const auto& [name, clocks] : trainer->part_clocks()) names.push_back(name);
  return names;
}

// Why the engine does not take the run, or "it fits".
inline std::string refusal_of(const Recipe& r, const Dataset& data, const Figures& device) {
  try {
    resident(r, data, device);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "it fits";
}

// 60-24-4, batches of 32; the last one of 200 samples has 8.
inline Recipe resident_recipe() {
  Recipe r = tiny_recipe();
  r.hidden = {24};
  r.batch = 32;
  return r;
}

}  // namespace kilat
