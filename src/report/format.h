// Figures as people read them. A figure that is not finite reads "-".
#pragma once

#include <string>

#include <kilat/device.h>

namespace kilat {

// "cpu: …", on two lines where one would be longer than 80 columns.
std::string device_text(const Device& device);

// A fraction as "97.53 %". Only 1 itself reads "100.00 %": 0.99999 is still "99.99 %".
std::string percent_text(double fraction);

// "45 ms", "3.2 s", "4 min 12 s", "2 h 5 min".
std::string duration_text(double seconds);

// A measured time in three digits: "870 µs", "45.3 ms", "3.21 s", "4210 s".
std::string timing_text(double seconds);

// A loss in at most seven characters: "0.1234", "12.35", "1.2e-05".
std::string loss_text(double loss);

// Rounded to a whole number, with thousands apart: "1,234,567".
std::string count_text(double count);

// "3" or "3.25".
std::string epoch_text(double epoch);

}  // namespace kilat
