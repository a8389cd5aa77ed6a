#include <fmt/format.h>

#include <kilat/error.h>

#include "base/version.h"
#include "cli/commands.h"

namespace kilat {

int run_program(int argc, const char* const* argv) {
  CLI::App app(
      "Kilat trains multi-layer perceptrons on IDX images such as MNIST.\n"
      "\n"
      "  kilat train                      train on the MNIST that Kilat brings along\n"
      "  kilat train --recipe report      the student report's experiment, done right\n"
      "  kilat eval MODEL                 test a trained model\n"
      "  kilat predict MODEL digit.png    recognise your own digit\n"
      "\n"
      "kilat COMMAND --help explains each command's options.",
      "kilat");
  app.set_version_flag("--version", fmt::format("kilat {}", version()));
  app.require_subcommand(1);
  Command chosen;
  add_train(app, chosen);
  add_eval(app, chosen);
  add_predict(app, chosen);
  add_info(app, chosen);
  add_recipes(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    throw Error(fmt::format("{} (see kilat --help)", error.what()));
  }
  return chosen();
}

}  // namespace kilat
