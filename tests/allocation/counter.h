// Counts allocations by the module that asks for them. Only one program links this.
#pragma once

#include <cstddef>

namespace kilat {

struct Allocations {
  std::size_t own = 0;      // by libkilat and the test itself
  std::size_t onednn = 0;   // by libdnnl: a few small ones a product, freed at once
  std::size_t largest = 0;  // bytes, of onednn's
  std::size_t others = 0;   // by any other library
  std::ptrdiff_t live = 0;  // made and not freed
};

void start_counting();
Allocations stop_counting();

}  // namespace kilat
