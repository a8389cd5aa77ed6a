// The one exception that the library throws.
#pragma once

#include <stdexcept>
#include <string>

namespace kilat {

// The kinds of failure; their values are the program's exit codes.
enum class Failure {
  run = 1,    // the run failed: diverged, out of memory, disk full
  input = 2,  // bad usage or bad input
};

// The message is one line: what happened, in which file or tensor, and how to fix it.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, Failure failure = Failure::input)
      : std::runtime_error(message), failure_(failure) {}

  Failure failure() const noexcept { return failure_; }

 private:
  Failure failure_;
};

}  // namespace kilat
