// Asks for pages of 2 MiB where the system has them. Filling a large array, such as a data set,
// costs one page fault for each page.
#pragma once

#include <cstddef>

#if defined(__linux__)
#include <cstdint>

#include <sys/mman.h>
#endif

namespace kilat {

// Call this before the memory is first written to. Does nothing for small arrays.
inline void prefer_huge_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) {
#if defined(__linux__)
  constexpr std::uintptr_t kPage = 4096, kHugePage = std::uintptr_t{2} << 20;
  if (bytes < 2 * kHugePage) return;
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t first = (begin + kPage - 1) / kPage * kPage;
  // Only advice: failure is harmless.
  madvise(static_cast<char*>(memory) + (first - begin), (begin + bytes) / kPage * kPage - first,
          MADV_HUGEPAGE);
#endif
}

}  // namespace kilat
