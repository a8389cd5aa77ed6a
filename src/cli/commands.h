// The commands of the program. Each takes its own sub-command of the parser.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <vector>

namespace kilat {

// Runs a command that was chosen; returns the exit code.
using Command = std::function<int()>;

// Each adds its sub-command to `app` and sets `chosen` when that is parsed.
void add_train(CLI::App& app, Command& chosen);
void add_eval(CLI::App& app, Command& chosen);
void add_predict(CLI::App& app, Command& chosen);
void add_info(CLI::App& app, Command& chosen);
void add_recipes(CLI::App& app, Command& chosen);
void add_verify(CLI::App& app, Command& chosen);
void add_bench(CLI::App& app, Command& chosen);

// Parses and runs `kilat` with these arguments. Writes results to stdout; throws Error.
int run_program(int argc, const char* const* argv);

}  // namespace kilat
