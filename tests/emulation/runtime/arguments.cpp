#include "runtime/arguments.h"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

#include "runtime/arena.h"
#include "runtime/failure.h"

namespace emulation {
namespace {

// As find_mapping() would tell, without reading it all: most words are numbers.
bool is_mapped(std::uintptr_t address) {
  static const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  unsigned char resident = 0;
  return mincore(reinterpret_cast<void*>(address / page * page), 1, &resident) == 0 ||
         errno != ENOMEM;
}

// "[heap]", "[stack]", a file's path or "anonymous memory" if the process has memory at the
// address; else "".
std::string find_mapping(std::uintptr_t address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream fields(line);
    std::uintptr_t begin = 0, end = 0;
    char dash = 0;
    std::string access, offset, device, inode, name;
    fields >> std::hex >> begin >> dash >> end >> access >> offset >> device >> inode >> name;
    if (address >= begin && address < end) return name.empty() ? "anonymous memory" : name;
  }
  return "";
}

// No pointer goes to the address sanitizer's own memory, which spans so much that two small numbers
// side by side read as an address in it.
bool is_of_the_sanitizer([[maybe_unused]] std::uintptr_t address,
                         [[maybe_unused]] std::uintptr_t end) {
#if defined(__SANITIZE_ADDRESS__)
  std::size_t scale = 0, offset = 0;
  __asan_get_shadow_mapping(&scale, &offset);
  return address >= offset && address - offset < end >> scale;
#else
  return false;
#endif
}

// Why the device must not be given the address; "" if it may.
std::string find_objection(const void* address, bool is_pointer, When when) {
  if (address == nullptr) return "";
  for (Arena* arena : {&device_memory(), &pinned_memory()}) {
    if (!arena->contains(address)) continue;
    const Allocation* allocation = arena->find(address);
    if (allocation == nullptr) return is_pointer ? arena->describe(address) : "";
    const bool usable = allocation->live && (when == When::executed || !allocation->free_queued);
    return usable ? "" : arena->describe(address);
  }
  const auto value = reinterpret_cast<std::uintptr_t>(address);
  constexpr std::uintptr_t kFirst = 1 << 16, kEnd = std::uintptr_t{1} << 47;
  const bool plausible = value >= kFirst && value < kEnd;
  if (!is_pointer && (!plausible || is_of_the_sanitizer(value, kEnd))) return "";
  const std::string mapping = is_mapped(value) ? find_mapping(value) : "";
  if (!mapping.empty()) return fmt::format("{}, memory of the host ({})", address, mapping);
  return is_pointer ? fmt::format("{}, which is no memory", address) : "";
}

}  // namespace

bool check_arguments(const Launch& launch, When when) {
  for (std::size_t i = 0; i < launch.call.arguments.size(); ++i) {
    const Argument& argument = launch.call.arguments[i];
    for (std::size_t at = 0; at + sizeof(void*) <= argument.bytes.size(); at += sizeof(void*)) {
      const void* address = nullptr;
      std::memcpy(&address, argument.bytes.data() + at, sizeof address);
      const std::string objection = find_objection(address, argument.pointer, when);
      if (objection.empty()) continue;
      fail(fmt::format("kernel {}: argument {} points to {}", launch.name, i + 1, objection));
      return false;
    }
  }
  return true;
}

}  // namespace emulation
