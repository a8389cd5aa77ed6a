#include "backend/devices.h"

#include <fstream>
#include <string>

#include <fmt/format.h>
#include <sched.h>

#include <kilat/device.h>
#include <kilat/error.h>

namespace kilat {
namespace {

int usable_threads() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (!line.starts_with("model name")) continue;
    const auto colon = line.find(": ");
    if (colon != std::string::npos) return line.substr(colon + 2);
  }
  return "CPU";
}

std::string instruction_set() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return "AVX-512";
  if (__builtin_cpu_supports("avx2")) return "AVX2";
#endif
  return "baseline";
}

}  // namespace

Device choose_device(const std::string& wanted, int threads) {
  if (threads < 0 || threads > 1024) {
    throw Error(fmt::format("--threads {}: give 1 to 1024, or 0 for all", threads));
  }
  Device device;
  device.threads = threads == 0 ? usable_threads() : threads;
  device.name = "cpu";
  if (wanted == "reference") {
    device.kind = Device::Kind::reference;
    device.name = "reference";
    device.threads = 1;
    device.text = "double precision, plain loops, 1 thread";
    device.reason = "asked for";
    return device;
  }
  if (wanted.starts_with("cuda")) {
    throw Error(
        fmt::format("--device {}: this build has no CUDA backend; use --device cpu", wanted));
  }
  if (wanted != "auto" && wanted != "cpu") {
    throw Error(fmt::format("--device {}: unknown; use auto, cpu or reference", wanted));
  }
  device.text = fmt::format("{}, {}, {} thread{}", cpu_model(), instruction_set(), device.threads,
                            device.threads == 1 ? "" : "s");
  device.reason = wanted == "cpu" ? "asked for" : "this build has no CUDA backend";
  return device;
}

std::unique_ptr<Trainer> make_trainer(const Device& device, const Network& network,
                                      const SessionData& data, const Recipe& recipe,
                                      std::span<const float> rates) {
  const auto make =
      device.kind == Device::Kind::reference ? make_reference_trainer : make_cpu_trainer;
  return make(device.threads, network, data, recipe, rates);
}

std::unique_ptr<Classifier> make_classifier(const Device& device, const Network& network) {
  const auto make =
      device.kind == Device::Kind::reference ? make_reference_classifier : make_cpu_classifier;
  return make(device.threads, network);
}

}  // namespace kilat
