// What kernels ask of GPUs since Turing and Hopper that CUDA C++ has no words for: products of
// bytes on tensor cores, clusters of blocks, copies that arrive by themselves. Beside device code
// stands the same header for nvcc, in PTX.
#pragma once

#include <chrono>
#include <cstdint>

#include "emulation/collectives.h"
#include "emulation/language.h"

namespace emulation {
void multiply_bytes(int (&sum)[4], const unsigned (&a)[4], const unsigned (&b)[2], bool a_signed,
                    Site where);
void load_matrices(unsigned (&to)[4], const void* row, bool transposed, Site where);
}  // namespace emulation

namespace hardware {

// Of the multiprocessor, counted up; here, nanoseconds.
inline long long clocks() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

// threadIdx.x and blockIdx.x, read anew by each call: addresses that are made of them are not kept
// in registers over the steps of a run, which need these for other things.
inline unsigned thread() { return threadIdx.x; }
inline unsigned block() { return blockIdx.x; }

// Of a warp's x, all lanes of which call it.
inline unsigned largest_of_warp(unsigned x, emulation::Site where = emulation::Site::current()) {
  return __reduce_max_sync(~0U, x, where);
}

// A warp's product of bytes: sum [16][8] += a [16][32] · b [8][32]ᵀ. With g = lane / 4 and
// q = lane % 4 a lane holds, four bytes a register, lowest first:
//   a[0], a[1], a[2], a[3]: rows g, g + 8, g, g + 8; columns 4q…, of the last two 16 + 4q…
//   b[0], b[1]: row g; columns 4q…, 16 + 4q…
//   sum[0], sum[1]: row g, columns 2q, 2q + 1; sum[2], sum[3]: row g + 8
// Compute capability 8.0. (PTX: mma.m16n8k32)
inline void multiply_unsigned_signed(int (&sum)[4], const unsigned (&a)[4], const unsigned (&b)[2],
                                     emulation::Site where = emulation::Site::current()) {
  emulation::multiply_bytes(sum, a, b, false, where);
}
inline void multiply_signed_unsigned(int (&sum)[4], const unsigned (&a)[4], const unsigned (&b)[2],
                                     emulation::Site where = emulation::Site::current()) {
  emulation::multiply_bytes(sum, a, b, true, where);
}

// Four matrices of 8 x 8 pairs of bytes from shared memory: lane i names row i % 8 of matrix i / 8,
// 16 bytes that are aligned to 16. to[m] is the pair in row lane / 4 and columns 2 (lane % 4) and
// the next of matrix m, or of its transpose. (PTX: ldmatrix.x4)
inline void load_matrices(unsigned (&to)[4], const void* row,
                          emulation::Site where = emulation::Site::current()) {
  emulation::load_matrices(to, row, false, where);
}
inline void load_matrices_transposed(unsigned (&to)[4], const void* row,
                                     emulation::Site where = emulation::Site::current()) {
  emulation::load_matrices(to, row, true, where);
}

// A barrier in shared memory whose phase ends when so many threads have arrived and all bytes that
// were announced have come. Phases have parity 0, 1, 0, … Compute capability 9.0. (PTX: mbarrier)
struct alignas(8) ByteBarrier {
  std::uint64_t state;
};
void begin(ByteBarrier* barrier, unsigned arrivals);  // once, before anyone uses it
void arrive(ByteBarrier* barrier);
void arrive_expecting(ByteBarrier* barrier, unsigned bytes);  // arrives, and announces bytes
// Until the phase with this parity has ended.
void wait(ByteBarrier* barrier, unsigned parity,
          emulation::Site where = emulation::Site::current());

// Copies a multiple of 16 bytes, aligned to 16, and returns at once; `barrier` counts the bytes as
// they arrive. From global to the block's shared memory:
void copy_to_shared(void* to, const void* from, unsigned bytes, ByteBarrier* barrier);
// From the block's shared memory to the same place in another block of the cluster as `to` is in
// this one; its barrier at the place of `barrier` counts.
void copy_to_block(unsigned rank, void* to, const void* from, unsigned bytes, ByteBarrier* barrier);
// What this thread wrote to shared memory is there for copies that begin after it.
void fence_for_copies();

// Clusters: blocks that run at the same time and reach each other's dynamic shared memory.
unsigned cluster_rank();
unsigned cluster_blocks();
void sync_cluster(emulation::Site where = emulation::Site::current());

// A barrier of so many threads, a multiple of 32, of those that name it, 1 to 15.
void sync_threads(unsigned name, unsigned threads,
                  emulation::Site where = emulation::Site::current());

// Words in global memory that carry a tag beside a value, from block to block without a barrier:
// word = tag · 2³² + value.
void put_word(std::uint64_t* to, unsigned value, unsigned tag);
// The value, once the word has this tag.
unsigned take_word(const std::uint64_t* from, unsigned tag,
                   emulation::Site where = emulation::Site::current());
// Likewise values[i] of the word at address(i), for i < count and < n, once all have this tag.
template <unsigned n, class Address>
void take_words(unsigned (&values)[n], unsigned count, unsigned tag, const Address& address,
                emulation::Site where = emulation::Site::current()) {
  for (unsigned i = 0; i < n && i < count; ++i) values[i] = take_word(address(i), tag, where);
}

}  // namespace hardware
