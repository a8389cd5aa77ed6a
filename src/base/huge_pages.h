// Memory in pages of 2 MiB where the system has them: to fill an array of tens of megabytes, as
// data sets are, costs a fault a page.
#pragma once

#include <cstddef>

#if defined(__linux__)
#include <cstdint>

#include <sys/mman.h>
#endif

namespace kilat {

// To be called before the memory is first written to. Small arrays are left alone.
inline void prefer_huge_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) {
#if defined(__linux__)
  constexpr std::uintptr_t kPage = 4096, kHugePage = std::uintptr_t{2} << 20;
  if (bytes < 2 * kHugePage) return;
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t first = (begin + kPage - 1) / kPage * kPage;
  // A wish: nothing is lost where it is refused.
  madvise(static_cast<char*>(memory) + (first - begin), (begin + bytes) / kPage * kPage - first,
          MADV_HUGEPAGE);
#endif
}

}  // namespace kilat
