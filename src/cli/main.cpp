// The only place that turns errors into messages and exit codes.
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <new>

#include <kilat/error.h>

#include "cli/commands.h"

namespace {

int fail(kilat::Failure failure, const char* message) {
  fmt::print(stderr, "kilat: {}\n", message);
  return static_cast<int>(failure);
}

// Output that did not reach its reader is a failure too.
int flush(int exit_code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return exit_code;
  return fail(kilat::Failure::run, "standard output: could not be written; is the disk full?");
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return flush(kilat::run_program(argc, argv));
  } catch (const kilat::Error& error) {
    return fail(error.failure(), error.what());
  } catch (const std::bad_alloc&) {
    return fail(kilat::Failure::run, "out of memory: use a smaller --hidden or --batch");
  } catch (const std::exception& error) {
    return fail(kilat::Failure::run, error.what());
  }
}
