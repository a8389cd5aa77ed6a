#include "backend/nvml.h"

#include <utility>

#include <dlfcn.h>

namespace kilat {
namespace {

constexpr int kSuccess = 0;
constexpr int kClockSm = 1;  // NVML_CLOCK_SM

// Bits of nvmlDeviceGetCurrentClocksThrottleReasons, but for 0x1, which says that the GPU is idle.
constexpr std::pair<unsigned long long, const char*> kReasons[] = {
    {0x2, "the clocks set for applications"},
    {0x4, "the power limit"},
    {0x8, "the hardware"},
    {0x10, "another GPU of its group"},
    {0x20, "its temperature"},
    {0x40, "its temperature (hardware)"},
    {0x80, "the power supply"},
    {0x100, "the clocks set for displays"}};

template <class Function>
bool find(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(dlsym(library, name));
  return function != nullptr;
}

// NVML is in use while it lives.
class NvmlSession {
 public:
  explicit NvmlSession(const NvmlFunctions& nvml) : nvml_(nvml), works_(nvml.init() == kSuccess) {}
  ~NvmlSession() {
    if (works_) nvml_.shutdown();
  }
  NvmlSession(const NvmlSession&) = delete;
  NvmlSession& operator=(const NvmlSession&) = delete;

  bool works() const { return works_; }

 private:
  const NvmlFunctions& nvml_;
  bool works_;
};

}  // namespace

std::optional<NvmlFunctions> open_nvml(const char* library) {
  void* opened = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (opened == nullptr) return std::nullopt;
  NvmlFunctions f;
  const bool complete =
      find(opened, "nvmlInit_v2", f.init) && find(opened, "nvmlShutdown", f.shutdown) &&
      find(opened, "nvmlDeviceGetHandleByIndex_v2", f.device_by_index) &&
      find(opened, "nvmlDeviceGetClockInfo", f.clock) &&
      find(opened, "nvmlDeviceGetMaxClockInfo", f.max_clock) &&
      find(opened, "nvmlDeviceGetCurrentClocksThrottleReasons", f.throttle_reasons);
  if (complete) return f;
  dlclose(opened);
  return std::nullopt;
}

std::optional<GpuClocks> gpu_clocks(const NvmlFunctions& nvml, unsigned gpu) {
  const NvmlSession session(nvml);
  if (!session.works()) return std::nullopt;
  void* device = nullptr;
  GpuClocks clocks;
  unsigned long long reasons = 0;
  if (nvml.device_by_index(gpu, &device) != kSuccess ||
      nvml.clock(device, kClockSm, &clocks.sm_megahertz) != kSuccess ||
      nvml.max_clock(device, kClockSm, &clocks.max_sm_megahertz) != kSuccess ||
      nvml.throttle_reasons(device, &reasons) != kSuccess) {
    return std::nullopt;
  }
  for (const auto& [bit, words] : kReasons) {
    if ((reasons & bit) != 0) clocks.slowed_by.emplace_back(words);
  }
  return clocks;
}

std::optional<GpuClocks> gpu_clocks(unsigned gpu) {
  static const std::optional<NvmlFunctions> nvml = open_nvml();
  return nvml ? gpu_clocks(*nvml, gpu) : std::nullopt;
}

}  // namespace kilat
