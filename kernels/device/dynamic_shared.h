// Dynamic shared memory, for nvcc. Its twin for the host's compiler is
// tests/emulation/include/dynamic_shared.h.
#pragma once

// The block's dynamic shared memory, aligned to 16 bytes.
template <class T>
__device__ T* dynamic_shared() {
  extern __shared__ __align__(16) unsigned char bytes[];
  return reinterpret_cast<T*>(bytes);
}
