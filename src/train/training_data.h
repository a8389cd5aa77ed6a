// The data of a run, as a recipe wants them from a folder.
#pragma once

#include <filesystem>

#include <kilat/recipe.h>
#include <kilat/train.h>

namespace kilat {

// Loads and divides. The test data are empty when the recipe trains on test images. Throws Error.
TrainingData load_training_data(const std::filesystem::path& folder, const Recipe& recipe);

}  // namespace kilat
