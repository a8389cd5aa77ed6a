// The peak arithmetic speed of a device.
#pragma once

#include <limits>
#include <string>

#include <kilat/device.h>

namespace kilat {

struct Peak {
  double gflops = std::numeric_limits<double>::quiet_NaN();  // 10⁹ operations a second, if known
  std::string source;                                        // in words
};

// For a CPU, measured by a large product of the CPU backend with the device's threads, which takes
// a fraction of a second. For a GPU, computed from its fp32 units at the highest clock; tensor
// cores may be faster. Unknown for the reference.
Peak find_peak(const Device& device);

}  // namespace kilat
