// Ctrl-C and SIGTERM: the first asks the run to end well, the second ends the program at once.
#pragma once

#include <csignal>

namespace kilat {

// While it exists, the first signal sets a flag instead of ending the program.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  static bool requested();

 private:
  struct sigaction interrupt_before_ {};
  struct sigaction terminate_before_ {};
};

constexpr int kInterruptedExit = 130;

}  // namespace kilat
