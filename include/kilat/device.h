// Where the arithmetic runs.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace kilat {

struct Device {
  enum class Kind { cpu, cuda, portable, reference };
  Kind kind = Kind::cpu;
  int index = 0;              // of the GPU
  int threads = 0;            // of the CPU; at least 1 once chosen
  bool graph = true;          // GPU: record steps and replay them
  bool sync = false;          // GPU: check after every launch, without recording
  std::string name;           // "cpu", "cuda:0", as --device takes it
  std::string text;           // model, threads and instruction set, or the GPU, for people
  std::string reason;         // why this device was chosen, in one line
  std::string engine_reason;  // GPU: why Engine::automatic is composed; empty if not asked
};

// `wanted` is auto, cpu, cuda, cuda:N, or for checks, slow, in plain loops: portable (the same bits
// on every machine) or reference (double precision). auto takes the first usable GPU, and otherwise
// the CPU. `threads` 0 means all that the process may use. Throws Error for a device that is not
// there.
Device choose_device(const std::string& wanted = "auto", int threads = 0);

// A GPU as CUDA describes it.
struct Gpu {
  int index = 0;
  std::string name;
  std::size_t memory_bytes = 0;
  int multiprocessors = 0;
  int major = 0, minor = 0;       // compute capability
  double clock_hertz = 0;         // highest
  double memory_clock_hertz = 0;  // highest
  int memory_bus_bits = 0;
  std::string obstacle;  // why this build cannot use it; empty: it can
};

// The CUDA driver and GPUs of this machine.
struct GpuSupport {
  std::vector<Gpu> gpus;
  int driver_version = 0;   // the newest CUDA that the driver serves, 13000 for 13.0; 0: no driver
  int runtime_version = 0;  // of this build; 0: not looked at
  std::string obstacle;     // why no GPU can be used, in one line; empty: one can
};

// Queries the machine once per process.
const GpuSupport& gpu_support();

}  // namespace kilat
