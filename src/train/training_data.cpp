#include "train/training_data.h"

#include <future>
#include <utility>

namespace kilat {

TrainingData load_training_data(const std::filesystem::path& folder, const Recipe& recipe) {
  TrainingData data;
  std::future<Dataset> test;
  if (recipe.train_part == Part::train) {
    test = std::async(std::launch::async, [&] { return load_part(folder, Part::test); });
  }
  Dataset all = load_part(folder, recipe.train_part);
  Split parts = split(std::move(all), recipe.holdout, recipe.train_range, recipe.seed);
  data.train = std::move(parts.train);
  data.validation = std::move(parts.validation);
  if (test.valid()) data.test = test.get();
  return data;
}

}  // namespace kilat
