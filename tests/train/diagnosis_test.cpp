#include "train/diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kilat {
namespace {

using testing::HasSubstr;

Evaluation evaluation(double loss, std::vector<double> dead) {
  Evaluation e;
  e.train.loss = loss;
  e.dead = std::move(dead);
  return e;
}

TEST(StuckTest, NeedsADeadLayerAndAStillLossThreeTimes) {
  const Evaluation dead = evaluation(2.3, {0, 1}), alive = evaluation(2.3, {0.99, 0.5});
  EXPECT_TRUE(is_stuck({dead, dead, dead}));
  EXPECT_TRUE(is_stuck({alive, dead, dead, dead}));
  EXPECT_FALSE(is_stuck({dead, dead}));
  EXPECT_FALSE(is_stuck({dead, dead, alive}));
  EXPECT_FALSE(is_stuck({alive, dead, dead}));
  EXPECT_FALSE(is_stuck({evaluation(2.4, {1}), evaluation(2.3, {1}), evaluation(2.3, {1})}));
  EXPECT_FALSE(is_stuck({evaluation(2.2, {1}), evaluation(2.3, {1}), evaluation(2.3, {1})}));
  EXPECT_FALSE(is_stuck({}));
}

struct DivergedRun {
  const char* what;
  std::uint64_t fault;
  NonFinite non_finite;
  const char* tensor;
};

TEST(DiagnosisTest, NamesTheLayerAndTensor) {
  const Network network = make_network({20, 12, 4});
  const std::vector<LinearShape> layers = network.shapes();
  for (const DivergedRun& c : std::vector<DivergedRun>{
           {"first weight", kParameterFault, {}, "hidden layer 1's weight"},
           {"last of it", kParameterFault + 239, {}, "hidden layer 1's weight"},
           {"its bias", kParameterFault + layers[0].bias, {}, "hidden layer 1's bias"},
           {"second weight", kParameterFault + layers[1].weight, {}, "the output layer's weight"},
           {"its bias", kParameterFault + layers[1].bias + 3, {}, "the output layer's bias"},
           {"activation", kLossFault, {0, "activation"}, "hidden layer 1's activation"},
           {"logits", kLossFault, {1, "logits"}, "the output layer's logits"},
           {"loss", kLossFault, {}, "the loss"}}) {
    Symptoms seen;
    seen.iteration = 17;
    seen.cursor.fault = c.fault;
    seen.non_finite = c.non_finite;
    const Diagnosis d = diagnose_divergence({}, network, seen);
    EXPECT_EQ(d.tensor, c.tensor) << c.what;
    EXPECT_THAT(d.text, HasSubstr("iteration 17: " + d.tensor)) << c.what;
  }
}

TEST(DiagnosisTest, NamesTheLikelyCauseWithItsFigures) {
  const Network network = make_network({20, 12, 4});
  Recipe recipe;
  recipe.learning_rate = 0.5F;
  Symptoms seen;
  seen.largest_input = 1;
  seen.initial_logit = 3;
  EXPECT_THAT(diagnose_divergence(recipe, network, seen).text,
              HasSubstr("learning rate 0.5 is too high for this network; try --lr 0.05"));
  seen.initial_logit = 4321;
  EXPECT_THAT(diagnose_divergence(recipe, network, seen).text,
              HasSubstr("first logits reached 4.32e+03: the initial weights are too large"));
  seen.largest_input = 255;
  EXPECT_THAT(diagnose_divergence(recipe, network, seen).text,
              HasSubstr("inputs reach 255 and the first logits reached 4.32e+03"));
}

TEST(DiagnosisTest, WarnsOfLayersWithManyDeadUnitsOnly) {
  EXPECT_EQ(dead_unit_warnings(evaluation(1, {0.1, 0.49})).size(), 0U);
  const auto warnings = dead_unit_warnings(evaluation(1, {0.1, 0.8}));
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_THAT(warnings[0], HasSubstr("80 % of the units of hidden layer 2"));
}

TEST(DiagnosisTest, InputsFarBeyondNormalisedPixelsAndLogitsBeyond100AreTheLikelyCauses) {
  const auto text = [](double input, double logit) {
    Symptoms seen;
    seen.largest_input = input;
    seen.initial_logit = logit;
    return diagnose_divergence({}, make_network({20, 12, 4}), seen).text;
  };
  EXPECT_THAT(text(19, 99), HasSubstr("likely learning rate"));
  EXPECT_THAT(text(19, 101), HasSubstr("likely the first logits reached 101"));
  EXPECT_THAT(text(21, 3), HasSubstr("likely inputs reach 21"));
}

TEST(DiagnosisTest, TellsTheLossOfTheLastEvaluation) {
  Symptoms seen;
  seen.history = {evaluation(2.5, {}), evaluation(1.25, {})};
  seen.history[0].iteration = 100;
  seen.history[1].iteration = 200;
  EXPECT_THAT(diagnose_divergence({}, make_network({20, 12, 4}), seen).text,
              HasSubstr("(training loss 1.25 at iteration 200)"));
}

TEST(DiagnosisTest, WarnsFromHalfOfTheUnitsOn) {
  EXPECT_EQ(dead_unit_warnings(evaluation(1, {0.5})).size(), 1U);
}

}  // namespace
}  // namespace kilat
