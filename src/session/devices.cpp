#include "session/devices.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <string>

#include <fmt/format.h>
#include <sched.h>

#include <kilat/device.h>
#include <kilat/error.h>

#include "backend/cpu/simd.h"
#include "backend/portable/portable.h"
#include "session/cuda_library.h"

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

Device cpu_device(int threads) {
  Device device;
  device.kind = Device::Kind::cpu;
  device.threads = threads;
  device.name = "cpu";
  device.text = fmt::format("{}, {}, {} thread{}", cpu_model(), name_of(simd()), threads,
                            threads == 1 ? "" : "s");
  return device;
}

Device reference_device() {
  Device device;
  device.kind = Device::Kind::reference;
  device.threads = 1;
  device.name = "reference";
  device.text = "double precision, plain loops, 1 thread";
  return device;
}

Device portable_device() {
  Device device;
  device.kind = Device::Kind::portable;
  device.threads = 1;
  device.name = "portable";
  device.text = fmt::format("arithmetic {}, the same bits on every machine, plain loops, 1 thread",
                            kPortableVersion);
  return device;
}

Device cuda_device(const Gpu& gpu, int threads) {
  Device device;
  device.kind = Device::Kind::cuda;
  device.index = gpu.index;
  device.threads = threads;
  device.name = fmt::format("cuda:{}", gpu.index);
  device.text = fmt::format("{}, {:.0f} GiB, {} multiprocessors, compute capability {}.{}",
                            gpu.name, static_cast<double>(gpu.memory_bytes) / (1 << 30),
                            gpu.multiprocessors, gpu.major, gpu.minor);
  return device;
}

// The GPU that `wanted`, cuda or cuda:N, names; without a number the first usable one.
const Gpu& find_gpu(const std::string& wanted) {
  const auto fail = [&](const std::string& why) {
    throw Error(
        fmt::format("--device {}: {}; use --device cpu, or see kilat info --devices", wanted, why));
  };
  const GpuSupport& support = gpu_support();
  if (!support.obstacle.empty()) fail(support.obstacle);
  for (const Gpu& gpu : support.gpus) {
    const bool is_meant =
        wanted == "cuda" ? gpu.obstacle.empty() : wanted == fmt::format("cuda:{}", gpu.index);
    if (!is_meant) continue;
    if (!gpu.obstacle.empty()) fail(gpu.obstacle);
    return gpu;
  }
  fail(fmt::format("there is no such GPU, of {} in all", support.gpus.size()));
  throw std::logic_error("unreachable");
}

// bf16 came with compute capability 8.0.
void check_tensor_cores(const Device& device) {
  for (const Gpu& gpu : gpu_support().gpus) {
    if (gpu.index != device.index || gpu.major >= 8) continue;
    throw Error(
        fmt::format("--first-layer exact: {} (compute capability {}.{}) has no bf16 units; "
                    "use fp32 or auto",
                    gpu.name, gpu.major, gpu.minor));
  }
}

// The option that the resident engine does not go with, if there is one.
const char* against_resident(const Device& device, const Recipe& recipe) {
  if (recipe.precision != Precision::fp32) return "--precision tf32 or bf16";
  if (recipe.first_layer == FirstLayer::fp32) return "--first-layer fp32";
  if (recipe.first_layer == FirstLayer::exact) return "--first-layer exact";
  if (!device.graph) return "--no-graph";
  if (device.sync) return "--sync";
  return nullptr;
}

Device choose_any(int threads) {
  const GpuSupport& support = gpu_support();
  Device device =
      support.obstacle.empty() ? cuda_device(find_gpu("cuda"), threads) : cpu_device(threads);
  device.reason = support.obstacle.empty() ? "the first usable GPU" : support.obstacle;
  return device;
}

}  // namespace

Device choose_device(const std::string& wanted, int threads) {
  if (threads < 0 || threads > 1024) {
    throw Error(fmt::format("--threads {}: give 1 to 1024, or 0 for all", threads));
  }
  if (threads == 0) threads = usable_threads();
  if (wanted == "auto") return choose_any(threads);
  Device device;
  if (wanted == "cpu") {
    device = cpu_device(threads);
  } else if (wanted == "reference") {
    device = reference_device();
  } else if (wanted == "portable") {
    device = portable_device();
  } else if (wanted == "cuda" || wanted.starts_with("cuda:")) {
    device = cuda_device(find_gpu(wanted), threads);
  } else {
    throw Error(fmt::format(
        "--device {}: unknown; use auto, cpu, cuda, cuda:N, portable or reference", wanted));
  }
  device.reason = "asked for";
  return device;
}

void choose_engine(Device& device, Recipe& recipe, const Network& network, std::size_t samples) {
  if (device.kind != Device::Kind::cuda || recipe.engine != Engine::automatic) return;
  const char* option = against_resident(device, recipe);
  device.engine_reason = option != nullptr
                             ? option
                             : cuda_library()->resident_obstacle(device, network, samples, recipe);
  if (device.engine_reason.empty()) recipe.engine = Engine::resident;
}

std::string engine_text(const Device& device, const Recipe& recipe) {
  const bool resident = recipe.engine == Engine::resident;
  if (device.kind != Device::Kind::cuda) {
    if (recipe.engine == Engine::automatic) return "";
    throw Error(fmt::format("--engine {}: it is for a GPU; leave it out, or use --device cuda",
                            resident ? "resident" : "composed"));
  }
  if (!resident) {
    return device.engine_reason.empty() ? "composed"
                                        : fmt::format("composed ({})", device.engine_reason);
  }
  if (const char* option = against_resident(device, recipe); option != nullptr) {
    throw Error(
        fmt::format("--engine resident: it does not go with {}; leave one of them out", option));
  }
  return fmt::format("resident, arithmetic {}", kPortableVersion);
}

std::string first_layer_text(const Device& device, const Recipe& recipe, const Network& network,
                             const Dataset& train) {
  const FirstLayer wanted = recipe.first_layer;
  switch (device.kind) {
    case Device::Kind::cpu:
      return cpu_first_layer_text(device.threads, recipe, network, train);
    case Device::Kind::cuda:
      if (recipe.engine == Engine::resident) return "whole numbers";
      if (wanted == FirstLayer::whole) {
        throw Error(
            "--first-layer whole: on a GPU only --engine resident multiplies whole numbers");
      }
      if (wanted != FirstLayer::exact) return "fp32";
      check_tensor_cores(device);
      return "exact (tensor cores)";
    case Device::Kind::portable:
      if (wanted == FirstLayer::automatic || wanted == FirstLayer::whole) return "whole numbers";
      throw Error("--first-layer: --device portable multiplies whole numbers only; leave it out");
    case Device::Kind::reference:
      break;
  }
  return "double";
}

bool bits_depend_on_threads(const Device& device, const Recipe& recipe, const Network& network,
                            const Dataset& train) {
  return device.kind == Device::Kind::cpu && cpu_bits_depend_on_threads(recipe, network, train);
}

std::unique_ptr<Trainer> make_trainer(const Device& device, const Network& network,
                                      const SessionData& data, const Recipe& recipe,
                                      std::span<const float> rates) {
  // Each throws if the device does not support what is asked for.
  first_layer_text(device, recipe, network, *data.train);
  engine_text(device, recipe);
  if (device.kind == Device::Kind::cuda) {
    return cuda_library()->make_trainer(device, network, data, recipe, rates);
  }
  if (recipe.precision != Precision::fp32) {
    throw Error("--precision tf32 and bf16 are for tensor cores: use --device cuda, or fp32");
  }
  const auto make = device.kind == Device::Kind::reference  ? make_reference_trainer
                    : device.kind == Device::Kind::portable ? make_portable_trainer
                                                            : make_cpu_trainer;
  return make(device.threads, network, data, recipe, rates);
}

std::unique_ptr<Classifier> make_classifier(const Device& device, const Network& network) {
  if (device.kind == Device::Kind::cuda) return cuda_library()->make_classifier(device, network);
  const auto make = device.kind == Device::Kind::reference  ? make_reference_classifier
                    : device.kind == Device::Kind::portable ? make_portable_classifier
                                                            : make_cpu_classifier;
  return make(device.threads, network);
}

}  // namespace kilat
