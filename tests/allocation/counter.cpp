#include "allocation/counter.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>

#include <dlfcn.h>

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* p, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* p);
}

namespace kilat {
namespace {

std::atomic<bool> counting = false;
std::mutex mutex;
Allocations counted;

// `caller` is the return address of the allocation function.
void count(const void* caller, std::size_t size) {
  if (!counting) return;
  Dl_info info;
  const bool known = dladdr(caller, &info) != 0 && info.dli_fname != nullptr;
  const char* module = known ? info.dli_fname : "";
  const std::lock_guard lock(mutex);
  counted.live += 1;
  if (std::strstr(module, "libkilat") != nullptr || std::strstr(module, "allocation_test")) {
    counted.own += 1;
  } else if (std::strstr(module, "dnnl") != nullptr) {
    counted.onednn += 1;
    counted.largest = std::max(counted.largest, size);
  } else {
    counted.others += 1;
  }
}

void count_free(const void* p) {
  if (!counting || p == nullptr) return;
  const std::lock_guard lock(mutex);
  counted.live -= 1;
}

void* allocate(const void* caller, std::size_t size) {
  count(caller, size);
  void* p = __libc_malloc(size);
  if (p == nullptr) throw std::bad_alloc();
  return p;
}

}  // namespace

void start_counting() {
  counted = {};
  counting = true;
}

Allocations stop_counting() {
  counting = false;
  return counted;
}

}  // namespace kilat

#define CALLER __builtin_return_address(0)

extern "C" {
void* malloc(std::size_t size) {
  kilat::count(CALLER, size);
  return __libc_malloc(size);
}
void* calloc(std::size_t n, std::size_t size) {
  kilat::count(CALLER, n * size);
  return __libc_calloc(n, size);
}
void* realloc(void* p, std::size_t size) {
  kilat::count(CALLER, size);
  kilat::count_free(p);
  return __libc_realloc(p, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  kilat::count(CALLER, size);
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  kilat::count(CALLER, size);
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
  kilat::count(CALLER, size);
  *result = __libc_memalign(alignment, size);
  return *result == nullptr ? ENOMEM : 0;
}
void free(void* p) {
  kilat::count_free(p);
  __libc_free(p);
}
}

// operator new is in libstdc++ else, and would hide who asked.
void* operator new(std::size_t size) { return kilat::allocate(CALLER, size); }
void* operator new[](std::size_t size) { return kilat::allocate(CALLER, size); }
void operator delete(void* p) noexcept { free(p); }
void operator delete[](void* p) noexcept { free(p); }
void operator delete(void* p, std::size_t) noexcept { free(p); }
void operator delete[](void* p, std::size_t) noexcept { free(p); }
