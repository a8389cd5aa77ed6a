// Training on the portable backend: as the reference, up to rounding, and to bits written out.
#include "train/agreement.h"

namespace kilat {
namespace {

Device portable() { return choose_device("portable"); }

TEST(PortableTrainingTest, AgreesWithTheReference) {
  Recipe r = nesterov_recipe();
  r.normalise = Normalise::standard;
  expect_agreement(portable(), r, stripes(203, 20, 4, 1), 50);
}

TEST(PortableTrainingTest, AgreesWithTheReferenceForFullBatches) {
  Recipe r = tiny_recipe();
  r.batch = 0;
  r.epochs = 50;
  r.learning_rate = 0.5F;
  expect_agreement(portable(), r, stripes(600, 20, 4, 1), 50);
}

TEST(PortableTrainingTest, AgreesWithTheReferenceWithoutHiddenLayers) {
  Recipe r = tiny_recipe();
  r.hidden = {};
  r.epochs = 20;
  expect_agreement(portable(), r, stripes(200, 20, 4, 1), 50);
}

struct Foretold {
  const char* what;
  Recipe recipe;
  std::string sha256;
};

std::vector<Foretold> foretold() {
  Recipe plain = tiny_recipe();
  plain.hidden = {24};
  plain.batch = 32;
  Recipe deep = plain;
  deep.hidden = {24, 16};
  deep.momentum = 0.9F;
  deep.nesterov = true;
  deep.normalise = Normalise::standard;
  Recipe adam = plain;
  adam.optimizer = OptimizerKind::adam;
  adam.learning_rate = 0.01F;
  adam.activation = ActivationKind::leaky_relu;
  adam.augmentation = {1};
  Recipe full = plain;
  full.batch = 0;
  return {
      {"60-24-4", plain, "384a2ee9fe4f3bbb8e8fa5ef19feaabc1a020f394ebf27fa23669a859a920dbb"},
      {"60-24-16-4, Nesterov, standardised", deep,
       "037899b37cab330751635c40d647e5f36fdb2487e75eadb21690f3e67ee29122"},
      {"Adam, leaky ReLU, shifted", adam,
       "4574866c07c9c70cbbf36aad6fc20e34d9393ec6754b4ca7798ae48db9bd2e32"},
      {"full batches", full, "df63a28cbe9bef559fa339565f0f0b0e5e50a76097f0483f9db29d8442f03096"}};
}

// On every machine, with every compiler. Whoever means to change them raises kPortableVersion.
TEST(PortableTrainingTest, EndsWithTheseBits) {
  const Dataset data = stripes(200, 60, 4, 1);  // the last batch has 8 rows
  for (const Foretold& f : foretold()) {
    const auto rates = std::vector<float>(50, f.recipe.learning_rate);
    Network network = initial_network(f.recipe, data);
    const auto trainer = make_trainer(portable(), network, {&data, {}}, f.recipe, rates);
    trainer->steps(50);
    EXPECT_EQ(trainer->cursor().step, 50U) << f.what;
    network.parameters = trainer->state().parameters;
    EXPECT_EQ(weights_sha256(network), f.sha256) << f.what;
  }
}

TEST(PortableTrainingTest, RefusesAFirstLayerOfAnotherKind) {
  Recipe r = tiny_recipe();
  r.first_layer = FirstLayer::fp32;
  const Dataset data = stripes(20, 20, 4, 1);
  EXPECT_THROW(make_trainer(portable(), initial_network(r, data), {&data, {}}, r, {}),
               std::exception);
}

}  // namespace
}  // namespace kilat
