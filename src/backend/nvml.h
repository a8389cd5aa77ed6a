// Clocks of an NVIDIA GPU, by NVML: a library that comes with the driver, opened when asked for.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace kilat {

struct GpuClocks {
  unsigned sm_megahertz = 0;           // of the multiprocessors, now
  unsigned max_sm_megahertz = 0;       // the highest there is
  std::vector<std::string> slowed_by;  // in words; empty: nothing holds the clocks down
};

// The functions used, as declared by nvml.h of NVML 12, with its types replaced: nvmlReturn_t (0
// for success) and the enumeration nvmlClockType_t are int here, nvmlDevice_t is a pointer.
struct NvmlFunctions {
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  int (*device_by_index)(unsigned index, void** device) = nullptr;
  int (*clock)(void* device, int type, unsigned* megahertz) = nullptr;
  int (*max_clock)(void* device, int type, unsigned* megahertz) = nullptr;
  int (*throttle_reasons)(void* device, unsigned long long* reasons) = nullptr;
};

// Empty if the library or one of the functions is missing. The library stays open.
std::optional<NvmlFunctions> open_nvml(const char* library = "libnvidia-ml.so.1");

// Of the GPU with this number, counted as NVML does: in the order of the PCI bus, whatever
// CUDA_VISIBLE_DEVICES says. Nothing where NVML does not answer.
std::optional<GpuClocks> gpu_clocks(const NvmlFunctions& nvml, unsigned gpu);
std::optional<GpuClocks> gpu_clocks(unsigned gpu);

}  // namespace kilat
