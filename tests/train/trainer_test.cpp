// A training session on a device: the order of the samples, and what it tells of a pass gone wrong.
#include "step/trainer.h"

#include <gtest/gtest.h>

#include "backend/augmentation.h"
#include "session/devices.h"
#include "train/one_hot.h"
#include "train/tiny.h"

namespace kilat {
namespace {

using Order = std::vector<std::uint32_t>;

// The samples of the next `steps` steps, each told by the weights it moved.
Order samples_of_steps(Trainer& trainer, std::size_t steps, std::size_t features) {
  Order order;
  for (std::size_t s = 0; s < steps; ++s) {
    const std::vector<float> before = trainer.state().parameters;
    trainer.step();
    const std::vector<float> after = trainer.state().parameters;
    for (std::uint32_t f = 0; f < features; ++f) {
      if (before[f] != after[f]) order.push_back(f);
    }
  }
  return order;
}

Order samples_of_epoch(std::uint64_t seed, std::size_t epoch) {
  const Dataset data = one_hot(8);
  const Recipe recipe = one_hot_recipe(seed);
  const auto trainer =
      make_trainer(tested_device(1), initial_network(recipe, data), {&data, {}}, recipe);
  trainer->seek(8 * epoch);
  return samples_of_steps(*trainer, 8, 8);
}

// As tests/ops/shuffle_test.cpp pins it.
TEST(TrainerTest, TakesTheSamplesInTheOrderOfSeedAndEpoch) {
  EXPECT_EQ(samples_of_epoch(1, 0), (Order{7, 4, 0, 2, 5, 6, 1, 3}));
  EXPECT_EQ(samples_of_epoch(1, 5), (Order{5, 6, 2, 7, 4, 1, 0, 3}));
  EXPECT_EQ(samples_of_epoch(2, 0), order_of_epoch(8, 2, 0));
  EXPECT_NE(samples_of_epoch(1, 0), samples_of_epoch(2, 0));
}

// Wherever the device keeps it.
TEST(TrainerTest, AFaultNamesTheParameterAsTheNetworkHasIt) {
  const Dataset data = stripes(60, 20, 4, 1);
  Recipe recipe = tiny_recipe();
  recipe.hidden = {50};
  recipe.batch = 20;
  recipe.momentum = 0.9F;
  const auto layers = initial_network(recipe, data).shapes();
  for (const std::size_t parameter :
       {layers[0].weight + 3 * 20 + 7, layers[0].weight + 49 * 20 + 19, layers[0].bias + 49,
        layers[1].weight + 5, layers[1].bias + 3}) {
    const auto trainer = make_trainer(tested_device(2), initial_network(recipe, data), {&data, {}},
                                      recipe, std::vector<float>(3, 2.0F));
    TrainerState state = trainer->state();
    state.optimizer = {std::vector<float>(state.parameters.size())};
    state.optimizer[0][parameter] = 3e38F;
    trainer->set_state(state);
    trainer->step();
    EXPECT_EQ(trainer->cursor().fault, kParameterFault + parameter);
  }
}

TEST(TrainerTest, GoesFromEpochToEpochAndSeeksIntoTheMidstOfOne) {
  const Dataset data = one_hot(8);
  const Recipe recipe = one_hot_recipe(1);
  const auto trainer =
      make_trainer(tested_device(1), initial_network(recipe, data), {&data, {}}, recipe);
  Order wanted = order_of_epoch(8, 1, 0);
  const Order second = order_of_epoch(8, 1, 1);
  ASSERT_NE(wanted, second);
  wanted.insert(wanted.end(), second.begin(), second.end());
  EXPECT_EQ(samples_of_steps(*trainer, 16, 8), wanted);
  trainer->seek(8 + 3);
  EXPECT_EQ(samples_of_steps(*trainer, 5, 8), Order(second.begin() + 3, second.end()));
}

// A step of an augmented run is one on images made by hand, of its epoch: full batches asked for at
// once, and a batch in the midst of a later epoch.
TEST(TrainerTest, AugmentedStepsAreThoseOnTheEpochsImages) {
  const Dataset file = stripes(43, 20, 4, 1);
  Recipe plain = tiny_recipe();
  plain.momentum = 0.9F;
  const std::vector<float> rates(40, plain.learning_rate);
  const Network start = initial_network(plain, file);
  for (const std::size_t batch : {0, 8}) {
    plain.batch = batch;
    Recipe shifted = plain;
    shifted.augmentation = {1};
    const auto trainer = make_trainer(tested_device(1), start, {&file, {}}, shifted, rates);
    TrainerState state = trainer->state();
    const std::size_t per_epoch = batch == 0 ? 1 : 6;
    trainer->seek(per_epoch + per_epoch / 2);
    trainer->steps(2 * per_epoch + 1);
    for (std::size_t i = per_epoch + per_epoch / 2; i < 3 * per_epoch + per_epoch / 2 + 1; ++i) {
      Dataset made = file;
      const AugmentedEpoch e{.seed = plain.seed,
                             .augmentation = {1},
                             .height = 4,
                             .width = 5,
                             .epoch = static_cast<std::uint32_t>(i / per_epoch)};
      for (std::size_t k = 0; k < file.size(); ++k) {
        augment_image(made.pixels.data() + k * 20, file.image(k).data(), e, k);
      }
      const auto one = make_trainer(tested_device(1), start, {&made, {}}, plain, rates);
      one->set_state(state);
      one->seek(i);
      one->step();
      state = one->state();
    }
    EXPECT_EQ(trainer->state().parameters, state.parameters) << "batch " << batch;
  }
}

// 43 samples in batches of 8: five full ones and one of 3 an epoch.
TEST(TrainerTest, StepsAskedForAtOnceAreTheStepsOneByOne) {
  const Dataset data = stripes(43, 20, 4, 1);
  for (const std::size_t batch : {8, 43, 0}) {
    Recipe r = tiny_recipe();
    r.batch = batch;
    r.momentum = 0.9F;
    const Network start = initial_network(r, data);
    const std::vector<float> rates(60, r.learning_rate);
    for (const int threads : {1, 2}) {
      const auto one_by_one = make_trainer(tested_device(threads), start, {&data, {}}, r, rates);
      const auto at_once = make_trainer(tested_device(threads), start, {&data, {}}, r, rates);
      for (const std::size_t n : {3, 1, 0, 14, 2, 27}) {
        at_once->steps(n);
        for (std::size_t i = 0; i < n; ++i) one_by_one->step();
        EXPECT_EQ(at_once->cursor().step, one_by_one->cursor().step);
        EXPECT_EQ(at_once->cursor().position, one_by_one->cursor().position);
        EXPECT_EQ(at_once->state().parameters, one_by_one->state().parameters) << batch;
      }
    }
  }
}

// Sums of floats tell the order of their terms: a full batch is not shuffled.
TEST(TrainerTest, TheSeedDoesNotMatterForAFullBatch) {
  const Dataset data = stripes(200, 20, 4, 1);
  const Network start = initial_network(tiny_recipe(), data);
  for (const std::size_t batch : {0, 200, 1000}) {
    std::vector<std::vector<float>> parameters;
    for (const std::uint64_t seed : {1, 2}) {
      Recipe r = tiny_recipe();
      r.batch = batch;
      r.seed = seed;
      const auto trainer = make_trainer(tested_device(1), start, {&data, {}}, r);
      for (int i = 0; i < 3; ++i) trainer->step();
      parameters.push_back(trainer->state().parameters);
    }
    EXPECT_EQ(parameters[0], parameters[1]) << "batch " << batch;
  }
}

// 2,000 dark images of three pixels, to be made bright here and there.
Dataset dark_images() {
  Dataset data;
  data.features = 3;
  data.shape = {3};
  data.pixels.resize(2000 * 3);
  data.labels.resize(2000);
  data.labels[0] = 1;
  return data;
}

// 3-1-1-2 on raw pixels. Pixel 0 makes the first activation infinite, pixel 1 the second one,
// pixel 2 the logits alone; all through a chain of ones.
Network fragile_network() {
  Network network = make_network({3, 1, 1, 2});
  network.classes = {0, 1};
  const std::vector<LinearShape> layers = network.shapes();
  network.parameters[layers[0].weight] = 3e38F;      // 255 · 3e38
  network.parameters[layers[0].weight + 1] = 1;      // 255 · 1e37
  network.parameters[layers[0].weight + 2] = 1e-3F;  // 0.255 · 1e37 · 1e3
  network.parameters[layers[1].weight] = 1e37F;
  network.parameters[layers[2].weight] = 1e3F;
  return network;
}

NonFinite find_non_finite_in(const Dataset& data) {
  Recipe recipe;
  recipe.batch = 0;
  return make_trainer(tested_device(1), fragile_network(), {&data, {}}, recipe)->find_non_finite();
}

TEST(TrainerTest, FindsTheFirstTensorThatIsNotFiniteInAnySlice) {
  EXPECT_EQ(find_non_finite_in(dark_images()).tensor, "");
  struct Case {
    std::size_t pixel, layer;
    const char* tensor;
  };
  for (const Case& c :
       std::vector<Case>{{0, 0, "activation"}, {1, 1, "activation"}, {2, 2, "logits"}}) {
    Dataset data = dark_images();
    data.pixels[1700 * 3 + c.pixel] = 255;
    const NonFinite found = find_non_finite_in(data);
    EXPECT_EQ(found.layer, c.layer) << "pixel " << c.pixel;
    EXPECT_EQ(found.tensor, c.tensor) << "pixel " << c.pixel;
  }
}

TEST(TrainerTest, OfSeveralTensorsThatAreNotFiniteTheLowestLayersIsTheFirst) {
  for (const std::size_t with_low_layer : {300, 1700}) {
    Dataset data = dark_images();
    data.pixels[1000 * 3 + 2] = 255;
    data.pixels[with_low_layer * 3] = 255;
    EXPECT_EQ(find_non_finite_in(data).layer, 0U);
    EXPECT_EQ(find_non_finite_in(data).tensor, "activation");
  }
}

TEST(TrainerTest, LooksAtTheBatchThatFailedThoughLaterStepsWereAskedFor) {
  const Dataset data = one_hot(8);
  const Recipe recipe = one_hot_recipe(1);
  Network network = initial_network(recipe, data);
  const std::uint32_t bad = order_of_epoch(8, 1, 0)[3];
  poison(network, bad);
  const auto trainer = make_trainer(tested_device(1), network, {&data, {}}, recipe);
  for (int i = 0; i < 3 * 8 + 2; ++i) trainer->step();
  EXPECT_EQ(trainer->cursor().fault, kLossFault);
  EXPECT_EQ(trainer->cursor().step, 3U);
  EXPECT_EQ(trainer->cursor().position, 3U);
  EXPECT_EQ(trainer->find_non_finite().tensor, "logits");
}

TEST(TrainerTest, TheLargestLogitIsAMagnitudeOverTheFirstRows) {
  Network network = make_network({3, 2});
  network.classes = {0, 1};
  network.parameters[0] = -0.5F;  // of pixel 0
  network.parameters[1] = 0.25F;  // of pixel 1
  Dataset data = dark_images();
  data.pixels[1700 * 3] = 200;
  data.pixels[900 * 3 + 1] = 200;
  const auto trainer = make_trainer(tested_device(1), network, {&data, {}}, Recipe());
  EXPECT_EQ(trainer->largest_logit(800), 0);
  EXPECT_EQ(trainer->largest_logit(1000), 50);
  EXPECT_EQ(trainer->largest_logit(5000), 100);
}

}  // namespace
}  // namespace kilat
