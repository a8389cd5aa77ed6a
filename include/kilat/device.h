// Where the arithmetic runs.
#pragma once

#include <string>

namespace kilat {

struct Device {
  enum class Kind { cpu, reference };
  Kind kind = Kind::cpu;
  int threads = 0;     // at least 1 once chosen
  std::string name;    // "cpu", as --device takes it
  std::string text;    // model, threads and instruction set, for people
  std::string reason;  // why this one, in one line
};

// `wanted` is auto, cpu or reference (double precision in plain loops, slow: for checks).
// `threads` 0 means all that the process may use. Throws Error for a device that is not there.
Device choose_device(const std::string& wanted = "auto", int threads = 0);

}  // namespace kilat
