#include <algorithm>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <kilat/error.h>

#include "base/version.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/output.h"

namespace kilat {
namespace {

// The message for arguments that do not parse, with a hint how to fix them.
std::string usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const auto commands = app.get_subcommands();
  const std::vector<std::string> rest = app.remaining(true);
  if (commands.empty()) {
    if (!rest.empty() && rest.front().starts_with('-')) {
      return fmt::format("unknown option {} (see kilat --help)", rest.front());
    }
    const std::string what =
        rest.empty() ? "name a command" : fmt::format("unknown command '{}'", rest.front());
    return what + ": train, eval, predict, info, recipes, verify or bench (see kilat --help)";
  }
  std::string what = error.what();
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !rest.empty()) {
    const bool is_option = rest.front().starts_with('-');
    what = fmt::format("{} {}", is_option ? "unknown option" : "unexpected argument", rest.front());
  } else if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    what = what.substr(0, what.find(':')) + ": takes one value";
  }
  std::replace(what.begin(), what.end(), '\n', ' ');
  return fmt::format("{} (see kilat {} --help)", what, commands.front()->get_name());
}

}  // namespace

int run_program(int argc, const char* const* argv) {
  CLI::App app(
      "Kilat trains multi-layer perceptrons on IDX images such as MNIST.\n"
      "\n"
      "  kilat train                      train on the MNIST that Kilat brings along\n"
      "  kilat train --recipe report      the student report's experiment, done right\n"
      "  kilat eval MODEL                 test a trained model\n"
      "  kilat predict MODEL digit.png    recognise your own digit\n"
      "\n"
      "kilat COMMAND --help explains each command's options.\n",
      "kilat");
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_help_flag("-h,--help", "print this help");
  app.set_version_flag("--version", fmt::format("kilat {}", version()), "print the version");
  app.require_subcommand(1);
  Command chosen;
  add_train(app, chosen);
  add_eval(app, chosen);
  add_predict(app, chosen);
  add_info(app, chosen);
  add_recipes(app, chosen);
  add_verify(app, chosen);
  add_bench(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) throw Error(usage_error(app, error));
    std::ostringstream text;
    app.exit(error, text, text);  // --help, --version
    print_result(text.str());
    return 0;
  } catch (const std::logic_error&) {  // CLI11 2.1 leaves --quiet=maybe to std::stoll
    throw Error("a switch such as --quiet takes no value (see kilat --help)");
  }
  return chosen();
}

}  // namespace kilat
