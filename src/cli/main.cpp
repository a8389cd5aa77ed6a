// The only place that turns errors into messages and exit codes.
#include <csignal>
#include <exception>
#include <new>

#include <kilat/error.h>

#include "cli/commands.h"
#include "cli/output.h"

namespace {

int fail(kilat::Failure failure, const char* message) {
  kilat::print_note(message);
  return static_cast<int>(failure);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  kilat::occupy_standard_streams();
  try {
    const int exit_code = kilat::run_program(argc, argv);
    kilat::flush_results();
    return exit_code;
  } catch (const kilat::Error& error) {
    return fail(error.failure(), error.what());
  } catch (const std::bad_alloc&) {
    return fail(kilat::Failure::run,
                "out of memory: use a smaller network, fewer images, or a machine with more");
  } catch (const std::exception& error) {
    return fail(kilat::Failure::run, error.what());
  }
}
