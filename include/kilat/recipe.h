// A recipe: a named, complete set of options for a training run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <kilat/activation.h>
#include <kilat/augmentation.h>
#include <kilat/dataset.h>
#include <kilat/network.h>

namespace kilat {

// constant: learning_rate. cosine: learning_rate · (1 + cos(π t)) / 2 with t from 0 to 1 over the
// run. step: learning_rate · gamma^⌊epoch / step_epochs⌋. A linear warm-up can precede each.
enum class Schedule { constant, cosine, step };

// sgd: stochastic gradient descent as torch.optim.SGD defines it. adam: Kingma and Ba 2015, as
// torch.optim.Adam defines it.
enum class OptimizerKind { sgd, adam };

// The value that early stopping and restore_best use.
enum class Monitor { train_loss, train_accuracy, validation_loss, validation_accuracy };

// What matrix products may use on a GPU: only fp32 units, or tensor cores on inputs
// rounded to tf32 (10 bits of fraction) or bf16 (7 bits), accumulated in fp32.
enum class Precision { fp32, tf32, bf16 };

// How the first layer's products are computed. exact: from bytes on bf16 units, with each weight
// split into three bf16 numbers, as accurate as fp32. whole: in whole numbers (docs/arithmetic.md).
// automatic: the fastest.
enum class FirstLayer { automatic, fp32, exact, whole };

// How a GPU makes training steps. composed: of kernels and cuBLAS. resident: many in one kernel,
// with bits that are the same on every GPU (docs/arithmetic.md). automatic: resident in the
// commands where it takes the run; elsewhere composed.
enum class Engine { automatic, resident, composed };

struct Recipe {
  std::string name;
  std::string summary;    // one line, for `kilat recipes`
  std::string reached;    // what it reached, measured
  std::string published;  // what the student report printed for it, where it did

  // Data
  Part train_part = Part::train;  // Part::test trains on test images: then there is no test score
  Range train_range;
  Holdout holdout;
  Normalise normalise = Normalise::unit;
  Augmentation augmentation;  // of the training images

  // Network
  std::vector<std::size_t> hidden;  // units of each hidden layer
  ActivationKind activation = ActivationKind::relu;
  float negative_slope = 0.01F;  // leaky_relu
  Init init = Init::he_normal;
  float init_scale = 0.05F;

  // Optimisation
  OptimizerKind optimizer = OptimizerKind::sgd;
  std::size_t batch = 128;     // 0: the full training set
  std::size_t epochs = 10;     // training ends after `epochs` or `iterations`,
  std::size_t iterations = 0;  // whichever is first; 0: no limit
  float learning_rate = 0.1F;
  float momentum = 0;     // sgd
  bool nesterov = false;  // sgd
  float beta1 = 0.9F;     // adam
  float beta2 = 0.999F;   // adam
  float epsilon = 1e-8F;  // adam
  float weight_decay = 0;
  Schedule schedule = Schedule::constant;
  std::size_t step_epochs = 10;
  float gamma = 0.1F;
  std::size_t warmup_iterations = 0;
  Precision precision = Precision::fp32;
  FirstLayer first_layer = FirstLayer::automatic;
  Engine engine = Engine::automatic;

  // Evaluation: every so many epochs, or iterations where that is not 0, and at the end
  std::size_t eval_epochs = 1;
  std::size_t eval_iterations = 0;

  // Early stopping; 0 turns a rule off
  Monitor monitor = Monitor::validation_accuracy;
  std::size_t patience = 0;  // evaluations without an improvement by more than min_delta
  double min_delta = 0;
  std::size_t drops = 0;      // consecutive evaluations, each worse than the one before
  bool restore_best = false;  // end with the weights of the best evaluation

  std::uint64_t seed = 1;
};

// Samples of an update, of a training set of so many: at most all of them.
std::size_t batch_size(const Recipe& recipe, std::size_t samples);

// The activation of the hidden layers.
Activation activation_of(const Recipe& recipe);

// All recipes; the first is the default.
const std::vector<Recipe>& recipes();

// Throws Error, which lists the known names, for an unknown name.
const Recipe& find_recipe(const std::string& name);

}  // namespace kilat
