#include "train/recipe_fields.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <kilat/error.h>

#include "train/field.h"

namespace kilat {
namespace {

std::vector<std::size_t> parse_widths(const std::string& text) {
  std::vector<std::size_t> widths;
  if (text == "none") return widths;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find_first_of(",-", begin), text.size());
    widths.push_back(parse_number<std::size_t>(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return widths;
}

std::string range_text(Range range) {
  const bool open = range.last == Range{}.last;
  return open ? fmt::format("{}:", range.first) : fmt::format("{}:{}", range.first, range.last);
}

Range parse_range(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) throw Error(fmt::format("'{}' is no range such as 0:8000", text));
  Range range;
  if (colon > 0) range.first = parse_number<std::size_t>(text.substr(0, colon));
  if (colon + 1 < text.size()) range.last = parse_number<std::size_t>(text.substr(colon + 1));
  return range;
}

constexpr std::size_t kNoEpochs = std::numeric_limits<std::size_t>::max();  // no limit
constexpr float kAdamRate = 0.001F;                                         // of torch.optim.Adam

constexpr const char* kData = "Data";
constexpr const char* kNetwork = "Network";
constexpr const char* kOptimiser = "Optimiser";
constexpr const char* kEvaluation = "Evaluation and early stopping";

std::vector<RecipeField> data_fields() {
  return {
      choice<Part>("train-on", kData, &Recipe::train_part,
                   {{Part::train, "train"}, {Part::test, "test"}},
                   "which files of the folder to train on; test leaves no test score"),
      {"train-range", "", kData, "A:B", "train on the samples A to B-1 only, in the file's order",
       [](const Recipe& r) { return range_text(r.train_range); },
       [](Recipe& r, const std::string& text) { r.train_range = parse_range(text); }},
      {"validation", "", kData, "SPEC",
       "hold out validation data: none; 0.1 (a fraction) or 6000 (a count), both stratified by "
       "class; last:2000; 8000:10000",
       [](const Recipe& r) { return r.holdout.text(); },
       [](Recipe& r, const std::string& text) { r.holdout = Holdout::parse(text); }},
      choice<Normalise>(
          "normalise", kData, &Recipe::normalise,
          {{Normalise::unit, "unit"}, {Normalise::standard, "standard"}, {Normalise::none, "none"}},
          "pixels to 0...1, to mean 0 and deviation 1, or left at 0...255"),
      {"augment", "", kData, "none|shift=N",
       "move each training image by up to N pixels each way, anew in each epoch",
       [](const Recipe& r) { return r.augmentation.text(); },
       [](Recipe& r, const std::string& text) { r.augmentation = Augmentation::parse(text); }},
  };
}

std::vector<RecipeField> network_fields() {
  return {
      {"hidden", "", kNetwork, "N,N", "widths of the hidden layers, such as 300,100; none for none",
       [](const Recipe& r) {
         return r.hidden.empty() ? "none" : fmt::format("{}", fmt::join(r.hidden, ","));
       },
       [](Recipe& r, const std::string& text) { r.hidden = parse_widths(text); }},
      choice<ActivationKind>(
          "activation", kNetwork, &Recipe::activation,
          {{ActivationKind::relu, "relu"}, {ActivationKind::leaky_relu, "leaky-relu"}},
          "of the hidden layers, as torch.nn has them"),
      number("negative-slope", "", kNetwork, "X", &Recipe::negative_slope,
             "leaky-relu: below 0; between 0 and 1"),
      choice<Init>("init", kNetwork, &Recipe::init,
                   {{Init::he_normal, "he-normal"},
                    {Init::he_uniform, "he-uniform"},
                    {Init::glorot_normal, "glorot-normal"},
                    {Init::glorot_uniform, "glorot-uniform"},
                    {Init::normal, "normal"},
                    {Init::uniform, "uniform"}},
                   "how the initial weights are drawn; he-* suits ReLU"),
      number("init-scale", "", kNetwork, "X", &Recipe::init_scale,
             "deviation of normal, half width of uniform (these two draw the biases too)"),
      number("seed", "", kNetwork, "N", &Recipe::seed,
             "of the initial weights, the shuffles and the stratified split"),
  };
}

// In a recipe 0 means the full set, but as typed input it is more likely a mistake.
RecipeField batch_field() {
  RecipeField field =
      count_or("batch", kOptimiser, "N|full", "full", 0, &Recipe::batch, "samples an update");
  field.set = [set = field.set](Recipe& r, const std::string& text) {
    set(r, text);
    if (r.batch == 0 && text != "full") throw Error("must be at least 1, or full");
  };
  return field;
}

std::vector<RecipeField> optimiser_fields() {
  return {
      batch_field(),
      count_or("epochs", kOptimiser, "N|none", "none", kNoEpochs, &Recipe::epochs,
               "passes over the training data; 0 saves the initial network"),
      count_or("iterations", kOptimiser, "N|none", "none", 0, &Recipe::iterations,
               "updates; alone it replaces --epochs, with it the first to end counts"),
      number("lr", "learning-rate", kOptimiser, "X", &Recipe::learning_rate, "learning rate"),
      choice<OptimizerKind>("optimizer", kOptimiser, &Recipe::optimizer,
                            {{OptimizerKind::sgd, "sgd"}, {OptimizerKind::adam, "adam"}},
                            "as torch.optim has them; adam: without momentum, at a learning rate "
                            "of 0.001 unless one is given"),
      number("momentum", "", kOptimiser, "X", &Recipe::momentum, "sgd: 0 to below 1"),
      toggle("nesterov", kOptimiser, &Recipe::nesterov, "sgd: Nesterov's momentum"),
      number("beta1", "", kOptimiser, "X", &Recipe::beta1, "adam: of the first moment"),
      number("beta2", "", kOptimiser, "X", &Recipe::beta2, "adam: of the second moment"),
      number("epsilon", "", kOptimiser, "X", &Recipe::epsilon, "adam: added to the divisor"),
      number("weight-decay", "", kOptimiser, "X", &Recipe::weight_decay,
             "added to the gradient times the parameter, as in torch.optim"),
      choice<Schedule>("schedule", kOptimiser, &Recipe::schedule,
                       {{Schedule::constant, "constant"},
                        {Schedule::cosine, "cosine"},
                        {Schedule::step, "step"}},
                       "of the learning rate over the run"),
      number("step-epochs", "", kOptimiser, "N", &Recipe::step_epochs,
             "schedule step: epochs between two drops"),
      number("gamma", "", kOptimiser, "X", &Recipe::gamma, "schedule step: factor of a drop"),
      number("warmup", "", kOptimiser, "N", &Recipe::warmup_iterations,
             "iterations in which the learning rate rises from 0"),
      choice<Precision>(
          "precision", kOptimiser, &Recipe::precision,
          {{Precision::fp32, "fp32"}, {Precision::tf32, "tf32"}, {Precision::bf16, "bf16"}},
          "of matrix products; tf32 and bf16 use a GPU's tensor cores"),
      choice<FirstLayer>(
          "first-layer", kOptimiser, &Recipe::first_layer,
          {{FirstLayer::automatic, "auto"},
           {FirstLayer::fp32, "fp32"},
           {FirstLayer::exact, "exact"},
           {FirstLayer::whole, "whole"}},
          "its products: fp32; exact bytes on bf16 units, as accurate; whole numbers, "
          "rounded to 2^-22 of a unit's largest weight; auto: the quickest"),
      choice<Engine>("engine", kOptimiser, &Recipe::engine,
                     {{Engine::automatic, "auto"},
                      {Engine::resident, "resident"},
                      {Engine::composed, "composed"}},
                     "on a GPU: resident, many steps in one kernel, the same bits on every GPU; "
                     "composed, of cuBLAS and kernels; auto: resident where it takes the run"),
  };
}

std::vector<RecipeField> evaluation_fields() {
  return {
      number("eval-epochs", "", kEvaluation, "N", &Recipe::eval_epochs,
             "evaluate every N epochs, and at the end"),
      count_or("eval-iterations", kEvaluation, "N|none", "none", 0, &Recipe::eval_iterations,
               "evaluate every N iterations instead"),
      choice<Monitor>("monitor", kEvaluation, &Recipe::monitor,
                      {{Monitor::train_loss, "train_loss"},
                       {Monitor::train_accuracy, "train_accuracy"},
                       {Monitor::validation_loss, "val_loss"},
                       {Monitor::validation_accuracy, "val_accuracy"}},
                      "what early stopping and the best weights look at; without validation data "
                      "the training data's"),
      number("patience", "", kEvaluation, "N", &Recipe::patience,
             "stop after N evaluations without improvement; 0: never"),
      number("min-delta", "", kEvaluation, "X", &Recipe::min_delta,
             "an improvement is more than this"),
      number("drops", "", kEvaluation, "N", &Recipe::drops,
             "stop when it got worse N evaluations in a row; 0: never"),
      toggle("restore-best", kEvaluation, &Recipe::restore_best,
             "end with the weights of the best evaluation"),
  };
}

void require(bool good, const char* name, const char* range) {
  if (!good) throw Error(fmt::format("--{}: {}", name, range));
}

}  // namespace

const std::vector<RecipeField>& recipe_fields() {
  static const std::vector<RecipeField> all = [] {
    std::vector<RecipeField> fields;
    for (auto* group : {data_fields, network_fields, optimiser_fields, evaluation_fields}) {
      for (RecipeField& field : group()) {
        // Whatever goes wrong with a value, the message begins with the option's name.
        field.set = [name = field.name, set = std::move(field.set)](Recipe& r,
                                                                    const std::string& text) {
          try {
            set(r, text);
          } catch (const Error& error) {
            throw Error(fmt::format("--{}: {}", name, error.what()));
          }
        };
        fields.push_back(std::move(field));
      }
    }
    return fields;
  }();
  return all;
}

std::vector<std::pair<std::string, std::string>> option_texts(const Recipe& recipe) {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const RecipeField& field : recipe_fields()) {
    texts.emplace_back(field.name, field.text(recipe));
  }
  return texts;
}

void settle(Recipe& r, const std::function<bool(const char*)>& is_given) {
  const bool epochs = is_given("epochs"), iterations = is_given("iterations");
  if (iterations && !epochs && r.iterations != 0) r.epochs = kNoEpochs;
  if (epochs && !iterations && r.epochs != kNoEpochs) r.iterations = 0;
  if (r.optimizer != OptimizerKind::adam || !is_given("optimizer")) return;
  if (!is_given("momentum")) r.momentum = 0;
  if (!is_given("nesterov")) r.nesterov = false;
  if (!is_given("lr")) r.learning_rate = kAdamRate;
}

void validate(const Recipe& r) {
  const auto finite_from_zero = [](double x) { return std::isfinite(x) && x >= 0; };
  require(std::isfinite(r.learning_rate) && r.learning_rate > 0, "lr", "must be above 0");
  require(r.momentum >= 0 && r.momentum < 1, "momentum", "must be at least 0 and below 1");
  require(!r.nesterov || r.momentum > 0, "nesterov", "needs --momentum above 0");
  const bool adam = r.optimizer == OptimizerKind::adam;
  const Recipe usual;
  require(!adam || r.momentum == 0, "momentum", "is of --optimizer sgd; adam has --beta1");
  for (const auto& [name, beta, of_adam] :
       {std::tuple("beta1", r.beta1, usual.beta1), std::tuple("beta2", r.beta2, usual.beta2)}) {
    require(beta >= 0 && beta < 1, name, "must be at least 0 and below 1");
    require(adam || beta == of_adam, name, "is of --optimizer adam");
  }
  require(std::isfinite(r.epsilon) && r.epsilon > 0, "epsilon", "must be above 0");
  require(adam || r.epsilon == usual.epsilon, "epsilon", "is of --optimizer adam");
  const bool leaks = r.activation == ActivationKind::leaky_relu;
  require(r.negative_slope > 0 && r.negative_slope < 1, "negative-slope",
          "must be above 0 and below 1");
  require(leaks || r.negative_slope == usual.negative_slope, "negative-slope",
          "is of --activation leaky-relu");
  require(finite_from_zero(r.weight_decay), "weight-decay", "must be at least 0");
  require(std::isfinite(r.init_scale) && r.init_scale > 0, "init-scale", "must be above 0");
  require(finite_from_zero(r.min_delta), "min-delta", "must be at least 0");
  require(finite_from_zero(r.gamma), "gamma", "must be at least 0");
  require(r.step_epochs > 0, "step-epochs", "must be at least 1");
  require(r.eval_epochs > 0, "eval-epochs", "must be at least 1");
}

}  // namespace kilat
