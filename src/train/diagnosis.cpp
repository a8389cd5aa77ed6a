#include "train/diagnosis.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace kilat {
namespace {

constexpr double kHighDeadShare = 0.5;
constexpr double kLargeInput = 20;   // far beyond any normalised pixel
constexpr double kLargeLogit = 100;  // He initialisation on 0…1 pixels stays below 10

std::string hidden_layer(std::size_t l) { return fmt::format("hidden layer {}", l + 1); }

std::string layer_name(const Network& network, std::size_t l) {
  return l + 1 == network.layers.size() ? std::string("the output layer") : hidden_layer(l);
}

// The layer and tensor of an offset into the parameter block.
std::string tensor_at(const Network& network, std::uint64_t offset) {
  const std::vector<LinearShape> layers = network.shapes();
  for (std::size_t l = layers.size(); l-- > 0;) {
    if (offset >= layers[l].bias) return layer_name(network, l) + "'s bias";
    if (offset >= layers[l].weight) return layer_name(network, l) + "'s weight";
  }
  return "a parameter";
}

std::string first_tensor(const Network& network, const Symptoms& seen) {
  if (seen.cursor.fault >= kParameterFault) {
    return tensor_at(network, seen.cursor.fault - kParameterFault);
  }
  if (!seen.non_finite.tensor.empty()) {
    return fmt::format("{}'s {}", layer_name(network, seen.non_finite.layer),
                       seen.non_finite.tensor);
  }
  return "the loss";
}

std::string likely_cause(const Recipe& recipe, const Symptoms& seen) {
  const std::string logits = fmt::format("the first logits reached {:.3g}", seen.initial_logit);
  if (seen.largest_input > kLargeInput) {
    return fmt::format(
        "inputs reach {:.3g} and {}, so that one update at learning rate {:g} throws the weights "
        "far off; scale the pixels (--normalise unit)",
        seen.largest_input, logits, recipe.learning_rate);
  }
  if (seen.initial_logit > kLargeLogit) {
    return fmt::format("{}: the initial weights are too large; use --init he-normal", logits);
  }
  return fmt::format("learning rate {:g} is too high for this network; try --lr {:g}",
                     recipe.learning_rate, recipe.learning_rate / 10);
}

std::string loss_so_far(const std::vector<Evaluation>& history) {
  if (history.empty()) return "";
  return fmt::format(" (training loss {:.4g} at iteration {})", history.back().train.loss,
                     history.back().iteration);
}

}  // namespace

bool is_stuck(const std::vector<Evaluation>& history) {
  constexpr std::size_t kEvaluations = 3;
  constexpr double kStill = 1e-3;
  if (history.size() < kEvaluations) return false;
  const auto first = history.end() - kEvaluations;
  const auto has_dead_layer = [](const Evaluation& e) {
    return std::find(e.dead.begin(), e.dead.end(), 1.0) != e.dead.end();
  };
  const double loss = history.back().train.loss;
  return std::all_of(first, history.end(), [&](const Evaluation& e) {
    return has_dead_layer(e) && std::abs(e.train.loss - loss) <= kStill * std::abs(loss);
  });
}

Diagnosis diagnose_divergence(const Recipe& recipe, const Network& network, const Symptoms& seen) {
  Diagnosis d;
  d.iteration = seen.iteration;
  d.tensor = first_tensor(network, seen);
  d.text =
      fmt::format("diverged at iteration {}: {} was the first that is not finite{}; likely {}",
                  d.iteration, d.tensor, loss_so_far(seen.history), likely_cause(recipe, seen));
  return d;
}

Diagnosis diagnose_stuck(const Recipe& recipe, const Network& network, const Symptoms& seen) {
  const Evaluation& last = seen.history.back();
  const auto layer = static_cast<std::size_t>(std::find(last.dead.begin(), last.dead.end(), 1.0) -
                                              last.dead.begin());
  Diagnosis d;
  d.iteration = seen.iteration;
  d.tensor = hidden_layer(layer) + "'s activation";
  d.text = fmt::format(
      "stuck at iteration {}: all {} units of {} are dead (zero for every training image), so no "
      "gradient reaches its weights, and the loss stays at {:.4g}; likely {}",
      d.iteration, network.layers[layer].units, hidden_layer(layer), last.train.loss,
      likely_cause(recipe, seen));
  return d;
}

std::vector<std::string> dead_unit_warnings(const Evaluation& last) {
  std::vector<std::string> warnings;
  for (std::size_t l = 0; l < last.dead.size(); ++l) {
    if (last.dead[l] < kHighDeadShare) continue;
    warnings.push_back(fmt::format(
        "{:.0f} % of the units of {} never fire for any training image; a lower learning rate, "
        "scaled pixels or He initialisation keeps more of them alive",
        100 * last.dead[l], hidden_layer(l)));
  }
  return warnings;
}

}  // namespace kilat
