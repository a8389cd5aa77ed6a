// Options that several commands share.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include <kilat/device.h>

namespace kilat {

constexpr const char* kDeviceGroup = "Device";
constexpr const char* kDeviceHelp =
    "auto, cpu, cuda, cuda:N; for checks, slow: portable (the same bits everywhere) or reference "
    "(double)";
constexpr const char* kGraphHelp =
    "GPU: record steps as CUDA graphs; --no-graph launches each kernel, for debugging";
constexpr const char* kSyncHelp = "GPU: check for errors after each launch, for debugging; slow";
constexpr const char* kThreadsHelp =
    "threads to use; 0: all there are; bits depend on their number in batches of 512 or more, and "
    "with several hidden layers";
constexpr const char* kDataHelp =
    "folder of IDX files; else $KILAT_DATA, else the MNIST that Kilat brings along";

struct DeviceOptions {
  std::string device = "auto";
  int threads = 0;
  bool graph = true;
  bool sync = false;

  void add_to(CLI::App& command);
  void set_threads(const std::string& text);  // throws Error
  Device choose() const;
};

}  // namespace kilat
