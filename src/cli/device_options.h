// Options that several commands share.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include <kilat/device.h>

namespace kilat {

struct DeviceOptions {
  std::string device = "auto";
  int threads = 0;

  void add_to(CLI::App& command) {
    command.add_option("--device", device, "auto, cpu, or reference (double precision, slow)")
        ->group("Device");
    command.add_option("--threads", threads, "threads to use; 0: all there are")->group("Device");
  }
  Device choose() const { return choose_device(device, threads); }
};

}  // namespace kilat
