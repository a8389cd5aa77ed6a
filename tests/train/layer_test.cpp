// The fused forms that a backend declares are asked for instead of the ops.
#include "step/layer.h"

#include <memory>

#include <gtest/gtest.h>

#include "backend/reference/reference.h"
#include "step/device_trainer.h"
#include "train/tiny.h"

namespace kilat {
namespace {

struct Calls {
  int relu = 0, loss = 0, backward = 0, gradient = 0;
};

// Reference with members for every layer form, which count and do what the ops do.
class FusedReference : public Reference {
 public:
  using In = Linear<const double>;
  using Out = Linear<double>;

  static constexpr FusedForms kFused{.linear_activation = {true, true},
                                     .linear_loss = {true, true},
                                     .linear_gradient = {true, true},
                                     .linear_backward = true};

  explicit FusedReference(Calls& calls) : calls_(calls) {}

  template <class Input>
  void linear_activation(Matrix& a, Input& x, const In& layer, const Activation& f) {
    ++calls_.relu;
    kilat::linear_activation(reference_, a, x, layer, f);
  }
  template <class Input>
  void linear_loss(Matrix& dz, Input& x, const In& layer, std::span<const std::uint8_t> y,
                   std::size_t n, std::span<double> loss, std::span<std::uint8_t> hit) {
    ++calls_.loss;
    kilat::linear_loss(reference_, dz, x, layer, y, n, loss, hit);
  }
  void linear_backward(Matrix& dx, const Matrix& dz, const Matrix& x, const In& layer,
                       const Activation& f) {
    ++calls_.backward;
    kilat::linear_backward(reference_, dx, dz, x, layer, f);
  }
  template <class Input>
  void linear_gradient(const Out& gradient, const Matrix& dz, Input& x, bool accumulate) {
    ++calls_.gradient;
    kilat::linear_gradient(reference_, gradient, dz, x, accumulate);
  }

 private:
  Reference reference_;
  Calls& calls_;
};

template <class B>
std::vector<float> parameters_after_a_step(std::unique_ptr<B> backend, const Recipe& recipe) {
  const Dataset data = stripes(50, 20, 4, 1);
  const std::vector<float> rates = {recipe.learning_rate};
  DeviceTrainer<B> trainer(std::move(backend), initial_network(recipe, data), {&data, {}}, recipe,
                           rates);
  trainer.step();
  return trainer.state().parameters;
}

void expect_fused(const std::vector<std::size_t>& hidden, const Calls& wanted) {
  Recipe recipe = tiny_recipe();
  recipe.hidden = hidden;
  Calls calls;
  EXPECT_EQ(parameters_after_a_step(std::make_unique<FusedReference>(calls), recipe),
            parameters_after_a_step(std::make_unique<Reference>(), recipe));
  EXPECT_EQ(calls.relu, wanted.relu);
  EXPECT_EQ(calls.loss, wanted.loss);
  EXPECT_EQ(calls.backward, wanted.backward);
  EXPECT_EQ(calls.gradient, wanted.gradient);
}

TEST(LayerTest, FusedFormsStandInForTheOps) { expect_fused({12, 9}, {2, 1, 2, 3}); }
TEST(LayerTest, WithoutHiddenLayersTheLossTakesTheBytes) { expect_fused({}, {0, 1, 0, 1}); }

}  // namespace
}  // namespace kilat
