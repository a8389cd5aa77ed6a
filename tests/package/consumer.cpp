// Loads, trains, evaluates and saves with the public headers alone.
#include <cstdio>
#include <exception>

#include <kilat/dataset.h>
#include <kilat/device.h>
#include <kilat/model_file.h>
#include <kilat/recipe.h>
#include <kilat/train.h>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    kilat::Recipe recipe = kilat::find_recipe("mnist");
    recipe.hidden = {32};
    recipe.epochs = 2;

    const auto folder = kilat::find_data();
    kilat::Split parts = kilat::split(kilat::load_part(folder, kilat::Part::train), recipe.holdout,
                                      recipe.train_range, recipe.seed);
    const kilat::TrainingData data{std::move(parts.train), std::move(parts.validation),
                                   kilat::load_part(folder, kilat::Part::test)};
    const kilat::Device device = kilat::choose_device();

    kilat::TrainingHooks hooks;
    hooks.on_evaluation = [](const kilat::Evaluation& e) {
      std::printf("epoch %.0f: validation accuracy %.4f\n", e.epoch, e.validation.accuracy);
    };
    const auto result =
        kilat::train(recipe, data, kilat::initial_network(recipe, data.train), device, hooks);
    kilat::save_model(result.network, argv[1], {{"recipe", recipe.name}});

    const kilat::Network loaded = kilat::load_model(argv[1]).network;
    const kilat::Score score = kilat::evaluate(loaded, data.test, device);
    std::printf("test accuracy %.4f\n", score.accuracy);
    return score.accuracy > 0.9 ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
