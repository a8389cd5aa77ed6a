#include "cli/devices.h"

#include <fmt/format.h>

#include <kilat/device.h>

namespace kilat {
namespace {

std::string cuda_version_text(int version) {
  return version == 0 ? "-" : fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

double in_gibibytes(std::size_t bytes) { return static_cast<double>(bytes) / (1 << 30); }

}  // namespace

Json describe_devices() {
  const Device cpu = choose_device("cpu");
  const GpuSupport& support = gpu_support();
  Json gpus = Json::array();
  for (const Gpu& gpu : support.gpus) {
    gpus.push_back({{"device", fmt::format("cuda:{}", gpu.index)},
                    {"name", gpu.name},
                    {"memory_bytes", gpu.memory_bytes},
                    {"multiprocessors", gpu.multiprocessors},
                    {"compute_capability", fmt::format("{}.{}", gpu.major, gpu.minor)},
                    {"usable", gpu.obstacle.empty()},
                    {"obstacle", gpu.obstacle}});
  }
  return {{"cpu", {{"text", cpu.text}, {"threads", cpu.threads}}},
          {"gpus", gpus},
          {"cuda_driver", support.driver_version},
          {"cuda_runtime", support.runtime_version},
          {"obstacle", support.obstacle}};
}

std::string devices_text() {
  std::string text = fmt::format("{:<8} {}\n", "cpu", choose_device("cpu").text);
  const GpuSupport& support = gpu_support();
  for (const Gpu& gpu : support.gpus) {
    text += fmt::format("{:<8} {}, {:.1f} GiB, {} multiprocessors, compute capability {}.{}{}\n",
                        fmt::format("cuda:{}", gpu.index), gpu.name, in_gibibytes(gpu.memory_bytes),
                        gpu.multiprocessors, gpu.major, gpu.minor,
                        gpu.obstacle.empty() ? "" : fmt::format("; not usable: {}", gpu.obstacle));
  }
  if (!support.obstacle.empty()) text += fmt::format("{:<8} {}\n", "no GPU", support.obstacle);
  return text + fmt::format("{:<8} driver for {}, runtime {}\n", "CUDA",
                            cuda_version_text(support.driver_version),
                            cuda_version_text(support.runtime_version));
}

}  // namespace kilat
