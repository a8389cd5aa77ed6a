#include <dynamic_shared.h>
#include <hardware.h>

#include "kernels/kernels.h"

namespace emulation_test {

__global__ void multiply_bytes(ByteProduct* products, bool a_signed) {
  ByteProduct& own = products[threadIdx.x];
  if (a_signed) {
    hardware::multiply_signed_unsigned(own.sum, own.a, own.b);
  } else {
    hardware::multiply_unsigned_signed(own.sum, own.a, own.b);
  }
}

__global__ void load_byte_matrices(unsigned (*out)[4], const unsigned char* bytes, bool transposed,
                                   unsigned offset) {
  auto* shared = dynamic_shared<unsigned char>();
  for (unsigned i = threadIdx.x; i < 32 * 16; i += 32) shared[offset + i] = bytes[i];
  __syncwarp();
  unsigned registers[4];
  const unsigned char* row = shared + offset + threadIdx.x * 16;
  if (transposed) {
    hardware::load_matrices_transposed(registers, row);
  } else {
    hardware::load_matrices(registers, row);
  }
  for (int m = 0; m < 4; ++m) out[threadIdx.x][m] = registers[m];
}

__global__ void permute_and_reduce(unsigned* out, unsigned selector) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
  const unsigned largest = __reduce_max_sync(0xffffffff, threadIdx.x * 37 % 64);
  if (threadIdx.x > 0) return;
  out[0] = __byte_perm(0x03020100, 0x07060504, 0x7520);
  out[1] = __byte_perm(0x80, 0x7f, selector);
  out[2] = largest;
#endif
}

}  // namespace emulation_test
