// What a device's arithmetic could reach at best.
#pragma once

#include <limits>
#include <string>

#include <kilat/device.h>

namespace kilat {

struct Peak {
  double gflops = std::numeric_limits<double>::quiet_NaN();  // 10⁹ operations a second, if known
  std::string source;                                        // in words
};

// Of a CPU with the device's threads it is measured now, by a large product of the CPU backend,
// which takes a fraction of a second. Of a GPU it is what its fp32 units do at the highest clock;
// its tensor cores may do more. Of the reference it is unknown.
Peak find_peak(const Device& device);

}  // namespace kilat
