// Finite differences prove the gradients of Reference, and with them the step.
#include <gtest/gtest.h>

#include "backend/reference/reference.h"
#include "step/device_trainer.h"
#include "train/tiny.h"

namespace kilat {
namespace {

// One batch of a network, on Reference.
struct Batch {
  Reference b;
  Resident<Reference> data;
  DeviceNetwork<Reference> network;
  RowResults<Reference> rows;
  HostBuffer<double> gradient;

  Batch(const Network& start, const Dataset& samples)
      : data(make_resident(b, samples, start.classes)),
        network(b, start, samples.size(), Use::training),
        rows(b, samples.size()),
        gradient(start.parameters.size()) {
    // Awkward values, so that no gradient is zero by symmetry.
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      for (std::size_t j = 0; j < network.layers[l].out; ++j) {
        network.parameters[network.layers[l].bias + j] = 0.05 * static_cast<double>(j % 3);
      }
    }
  }

  double loss() {
    return kilat::evaluate(b, data, network, rows).loss / static_cast<double>(data.size);
  }

  void differentiate() {
    b.slices(b.plan(data.size), data.size, [&](Slice slice) {
      Workspace<Reference>& w = network.workspaces[0];
      load(b, w, data, network.in_order, network.start, slice);
      forward(b, network, w);
      softmax_loss(b, network, w, rows, data.size, slice);
      gradients(b, network, w, gradient, slice.accumulate);
    });
  }
};

// Central differences: the error is of the order of h² plus a rounding over h; h = 1e-5 leaves
// about 1e-10. A unit near the kink of its activation would show, but the draw below has none.
void expect_gradients(const std::vector<std::size_t>& widths, std::size_t samples,
                      const Activation& f = {}) {
  Network start = make_network(widths, f);
  start.normalisation = {10, 1.0F / 255};
  initialise(start, Init::he_normal, 0, 5);
  Batch batch(start, stripes(samples, widths.front(), widths.back(), 1));
  batch.differentiate();
  constexpr double kStep = 1e-5;
  for (const LinearShape& layer : batch.network.layers) {
    for (std::size_t i = layer.weight; i < layer.bias + layer.out; ++i) {
      if (i >= layer.weight + layer.in * layer.out && i < layer.bias) continue;  // padding
      double& parameter = batch.network.parameters[i];
      const double before = parameter;
      parameter = before + kStep;
      const double above = batch.loss();
      parameter = before - kStep;
      const double below = batch.loss();
      parameter = before;
      ASSERT_NEAR(batch.gradient[i], (above - below) / (2 * kStep), 1e-8) << "parameter " << i;
    }
  }
}

TEST(GradientTest, WithoutHiddenLayers) { expect_gradients({5, 3}, 7); }
TEST(GradientTest, WithOneHiddenLayer) { expect_gradients({5, 7, 3}, 9); }
TEST(GradientTest, WithThreeHiddenLayers) { expect_gradients({6, 8, 7, 5, 4}, 11); }
TEST(GradientTest, ThroughLeakyRelu) {
  expect_gradients({6, 8, 7, 4}, 11, {ActivationKind::leaky_relu, 0.25F});
}
TEST(GradientTest, WithOneSample) { expect_gradients({5, 7, 3}, 1); }
TEST(GradientTest, OfABatchInSeveralSlices) { expect_gradients({3, 4, 2}, 1100); }

}  // namespace
}  // namespace kilat
