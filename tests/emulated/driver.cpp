// Stands in for the NVIDIA driver, libcuda.so.1, so that programs look for the CUDA backend. What
// it answers can be set by the environment: KILAT_FAKE_CUDA (13000 for 13.0), KILAT_FAKE_GPUS.
#include <cstdlib>

namespace {

int setting(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

constexpr int kNoDevice = 100;
int gpus() { return setting("KILAT_FAKE_GPUS", 1); }

}  // namespace

extern "C" {
int cuInit(unsigned) { return gpus() > 0 ? 0 : kNoDevice; }
int cuDriverGetVersion(int* version) {
  *version = setting("KILAT_FAKE_CUDA", 13000);
  return 0;
}
int cuDeviceGetCount(int* count) {
  *count = gpus();
  return 0;
}
}
