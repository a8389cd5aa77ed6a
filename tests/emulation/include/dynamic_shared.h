// Dynamic shared memory: the one way to it that both compilers parse. Beside the device code stands
// the same function for nvcc, with `extern __shared__`.
#pragma once

namespace emulation {
void* dynamic_shared();
}

// The block's dynamic shared memory, aligned to 16 bytes.
template <class T>
T* dynamic_shared() {
  static_assert(alignof(T) <= 16);
  return static_cast<T*>(emulation::dynamic_shared());
}
