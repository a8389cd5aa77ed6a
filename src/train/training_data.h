// Loads the data of a run from a folder, as its recipe asks.
#pragma once

#include <filesystem>

#include <kilat/recipe.h>
#include <kilat/train.h>

namespace kilat {

// Loads and divides. The test data are empty when the recipe trains on test images. Throws Error.
TrainingData load_training_data(const std::filesystem::path& folder, const Recipe& recipe);

}  // namespace kilat
