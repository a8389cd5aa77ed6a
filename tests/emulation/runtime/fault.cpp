#include "runtime/fault.h"

#include <array>
#include <string>

#include <fmt/format.h>
#include <signal.h>

#include "runtime/arena.h"
#include "runtime/failure.h"
#include "runtime/grid.h"
#include "runtime/guarded_pages.h"

namespace emulation {
namespace {

struct sigaction previous = {};

// "" if the fault is not the emulation's business.
std::string explain(const void* address) {
  if (device_memory().contains(address)) {
    const std::string where = device_memory().describe(address);
    const bool by_device = device_memory().is_open();
    return (by_device ? "out of bounds: touches " : "the host touches ") + where;
  }
  if (pinned_memory().contains(address)) return "touches " + pinned_memory().describe(address);
  if (running_thread() == nullptr) return "";
  if (GuardedPages::is_guard(address)) return "out of bounds: touches past dynamic shared memory";
  if (is_stack_overflow(address)) return "the thread's stack has overflown";
  return fmt::format("touches {}, which is no memory", address);
}

void handle(int number, siginfo_t* info, void* context) {
  if (device_memory().let_in(info->si_addr)) return;
  const std::string explanation = explain(info->si_addr);
  if (!explanation.empty()) fail_fatally(explanation);
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(number, info, context);
  } else {
    sigaction(number, &previous, nullptr);  // the access is repeated, and meets it
  }
}

// For the handler, as the stack in use may be what has overflown. AddressSanitizer brings its own.
void provide_stack() {
  static std::array<unsigned char, 256 << 10> stack;
  stack_t alternate = {};
  sigaltstack(nullptr, &alternate);
  if ((alternate.ss_flags & SS_DISABLE) == 0) return;
  alternate = {};
  alternate.ss_sp = stack.data();
  alternate.ss_size = stack.size();
  sigaltstack(&alternate, nullptr);
}

}  // namespace

void catch_faults() {
  static bool installed = false;
  if (installed) return;
  installed = true;
  provide_stack();
  struct sigaction action = {};
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGSEGV, &action, &previous);
}

}  // namespace emulation
