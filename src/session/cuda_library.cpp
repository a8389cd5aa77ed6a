#include "session/cuda_library.h"

#include <algorithm>
#include <filesystem>

#include <dlfcn.h>
#include <fmt/format.h>

#include "base/version.h"

namespace kilat {
namespace {

namespace fs = std::filesystem;

struct Found {
  GpuSupport support;
  const CudaLibrary* library = nullptr;
};

std::string version_text(int version) {
  return fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

template <class Function>
Function* find_function(void* library, const char* name) {
  return reinterpret_cast<Function*>(dlsym(library, name));
}

// libkilat_cuda is in the folder of the library that contains this code.
fs::path library_path() {
  Dl_info self = {};
  if (dladdr(reinterpret_cast<const void*>(&gpu_support), &self) == 0) return "libkilat_cuda.so";
  return fs::path(self.dli_fname).parent_path() / "libkilat_cuda.so";
}

// Queries the driver library directly, which is fast; sets its version and, if any, the obstacle.
void ask_driver(GpuSupport& support) {
  void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (driver == nullptr) {
    support.obstacle = "no NVIDIA driver is installed";
    return;
  }
  auto* init = find_function<int(unsigned)>(driver, "cuInit");
  auto* get_version = find_function<int(int*)>(driver, "cuDriverGetVersion");
  auto* get_count = find_function<int(int*)>(driver, "cuDeviceGetCount");
  if (init == nullptr || get_version == nullptr || get_count == nullptr) {
    support.obstacle = "libcuda.so.1 is no NVIDIA driver";
    return;
  }
  get_version(&support.driver_version);
  int count = 0;
  const int error = init(0);
  if (error == 0) get_count(&count);
  if (count > 0) return;
  constexpr int kNoDevice = 100;
  support.obstacle = error == 0 || error == kNoDevice
                         ? "the NVIDIA driver sees no GPU"
                         : fmt::format("the NVIDIA driver does not start (error {})", error);
}

const CudaLibrary* open_library(GpuSupport& support) {
  void* opened = dlopen(library_path().c_str(), RTLD_NOW | RTLD_LOCAL);
  if (opened == nullptr) {
    const char* error = dlerror();
    support.obstacle = fmt::format("the CUDA backend does not load: {}", error ? error : "unknown");
    return nullptr;
  }
  auto* entry = find_function<const CudaLibrary*()>(opened, "kilat_cuda_library");
  const CudaLibrary* library = entry == nullptr ? nullptr : entry();
  if (library == nullptr || library->version != version()) {
    support.obstacle = fmt::format("{} is of another version of Kilat", library_path().string());
    return nullptr;
  }
  support.runtime_version = library->runtime_version;
  // Within a major version of CUDA, any driver supports any runtime.
  if (support.driver_version / 1000 < library->runtime_version / 1000) {
    support.obstacle =
        fmt::format("the NVIDIA driver is too old: it serves CUDA {}, this build needs {}",
                    version_text(support.driver_version), version_text(library->runtime_version));
    return nullptr;
  }
  return library;
}

Found find() {
  Found found;
  GpuSupport& support = found.support;
  std::error_code ignored;
  if (!fs::exists(library_path(), ignored)) {
    support.obstacle = "this build has no CUDA backend";
    return found;
  }
  ask_driver(support);
  if (!support.obstacle.empty()) return found;
  const CudaLibrary* library = open_library(support);
  if (library == nullptr) return found;
  support.gpus = library->list_gpus();
  const auto usable = std::find_if(support.gpus.begin(), support.gpus.end(),
                                   [](const Gpu& gpu) { return gpu.obstacle.empty(); });
  if (usable != support.gpus.end()) {
    found.library = library;
  } else if (support.gpus.empty()) {
    support.obstacle = "CUDA sees no GPU";
  } else {
    support.obstacle = fmt::format("{}: {}", support.gpus[0].name, support.gpus[0].obstacle);
  }
  return found;
}

const Found& find_once() {
  static const Found found = find();
  return found;
}

}  // namespace

const GpuSupport& gpu_support() { return find_once().support; }
const CudaLibrary* cuda_library() { return find_once().library; }

}  // namespace kilat
