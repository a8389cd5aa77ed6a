// What kernels ask of GPUs since Turing and Hopper that CUDA C++ has no words for, in PTX. Its twin
// for the host's compiler, with the contracts, is tests/emulation/include/hardware.h.
#pragma once

#include <cstdint>

#include <cuda_runtime.h>

namespace hardware {

#define HARDWARE __device__ __forceinline__
// Instructions of later GPUs. Whoever launches a kernel asks for the compute capability beforehand.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
#define SINCE_AMPERE(...) __trap()
#else
#define SINCE_AMPERE(...) asm volatile(__VA_ARGS__)
#endif
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 900
#define SINCE_HOPPER(...) __trap()
#else
#define SINCE_HOPPER(...) asm volatile(__VA_ARGS__)
#endif

HARDWARE long long clocks() { return clock64(); }

HARDWARE unsigned block() {
  unsigned index;
  asm volatile("mov.u32 %0, %%ctaid.x;" : "=r"(index));
  return index;
}
HARDWARE unsigned thread() {
  unsigned index;
  asm volatile("mov.u32 %0, %%tid.x;" : "=r"(index));
  return index;
}

HARDWARE unsigned shared_address(const void* p) {
  return static_cast<unsigned>(__cvta_generic_to_shared(p));
}

HARDWARE unsigned largest_of_warp(unsigned x) {
  SINCE_AMPERE("redux.sync.max.u32 %0,%0,0xffffffff;" : "+r"(x));
  return x;
}

HARDWARE void multiply_unsigned_signed(int (&sum)[4], const unsigned (&a)[4],
                                       const unsigned (&b)[2]) {
  SINCE_AMPERE(
      "mma.sync.aligned.m16n8k32.row.col.s32.u8.s8.s32 "
      "{%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
      : "+r"(sum[0]), "+r"(sum[1]), "+r"(sum[2]), "+r"(sum[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
HARDWARE void multiply_signed_unsigned(int (&sum)[4], const unsigned (&a)[4],
                                       const unsigned (&b)[2]) {
  SINCE_AMPERE(
      "mma.sync.aligned.m16n8k32.row.col.s32.s8.u8.s32 "
      "{%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
      : "+r"(sum[0]), "+r"(sum[1]), "+r"(sum[2]), "+r"(sum[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

HARDWARE void load_matrices(unsigned (&to)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3},[%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(shared_address(row))
               : "memory");
}
HARDWARE void load_matrices_transposed(unsigned (&to)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3},[%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(shared_address(row))
               : "memory");
}

struct alignas(8) ByteBarrier {
  std::uint64_t state;
};
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 900
// Ampere's barriers count no bytes: they wait for the copies of the threads that made them.
HARDWARE void begin(ByteBarrier* barrier, unsigned arrivals) {
  SINCE_AMPERE("mbarrier.init.shared.b64 [%0], %1;" ::"r"(shared_address(barrier)), "r"(arrivals)
               : "memory");
}
HARDWARE void arrive(ByteBarrier* barrier) {
  SINCE_AMPERE(
      "{.reg .b64 state; mbarrier.arrive.shared.b64 state, [%0];}" ::"r"(shared_address(barrier))
      : "memory");
}
HARDWARE void arrive_expecting(ByteBarrier* barrier, unsigned) { arrive(barrier); }
HARDWARE void wait(ByteBarrier* barrier, unsigned parity) {
  unsigned ended = 0;
  while (ended == 0) {
    SINCE_AMPERE(
        "{.reg .pred p; mbarrier.test_wait.parity.shared.b64 p, [%1], %2; selp.u32 %0,1,0,p;}"
        : "=r"(ended)
        : "r"(shared_address(barrier)), "r"(parity)
        : "memory");
  }
}
HARDWARE void copy_to_shared(void* to, const void* from, unsigned bytes, ByteBarrier* barrier) {
  for (unsigned i = 0; i < bytes; i += 16) {
    SINCE_AMPERE("cp.async.cg.shared.global [%0],[%1],16;" ::"r"(shared_address(to) + i),
                 "l"(static_cast<const char*>(from) + i)
                 : "memory");
  }
  SINCE_AMPERE("cp.async.mbarrier.arrive.shared.b64 [%0];" ::"r"(shared_address(barrier))
               : "memory");
}
HARDWARE void fence_for_copies() {}
#else
HARDWARE void begin(ByteBarrier* barrier, unsigned arrivals) {
  SINCE_HOPPER("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(barrier)),
               "r"(arrivals)
               : "memory");
  SINCE_HOPPER("fence.mbarrier_init.release.cluster;" ::: "memory");
}
HARDWARE void arrive(ByteBarrier* barrier) {
  SINCE_HOPPER("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared_address(barrier))
               : "memory");
}
HARDWARE void arrive_expecting(ByteBarrier* barrier, unsigned bytes) {
  SINCE_HOPPER(
      "mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(barrier)),
      "r"(bytes)
      : "memory");
}
HARDWARE void wait(ByteBarrier* barrier, unsigned parity) {
  unsigned ended = 0;
  while (ended == 0) {
    SINCE_HOPPER(
        "{.reg .pred p; mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 p, [%1], %2; "
        "selp.u32 %0,1,0,p;}"
        : "=r"(ended)
        : "r"(shared_address(barrier)), "r"(parity)
        : "memory");
  }
}

HARDWARE void copy_to_shared(void* to, const void* from, unsigned bytes, ByteBarrier* barrier) {
  SINCE_HOPPER(
      "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0],[%1],%2,[%3];" ::"r"(
          shared_address(to)),
      "l"(from), "r"(bytes), "r"(shared_address(barrier))
      : "memory");
}
HARDWARE void fence_for_copies() { SINCE_HOPPER("fence.proxy.async.shared::cta;" ::: "memory"); }
#endif

HARDWARE unsigned address_in_block(unsigned rank, const void* own) {
  unsigned address = 0;
  SINCE_HOPPER("mapa.shared::cluster.u32 %0,%1,%2;"
               : "=r"(address)
               : "r"(shared_address(own)), "r"(rank));
  return address;
}
HARDWARE void copy_to_block(unsigned rank, void* to, const void* from, unsigned bytes,
                            ByteBarrier* barrier) {
  SINCE_HOPPER(
      "cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes "
      "[%0],[%1],%2,[%3];" ::"r"(address_in_block(rank, to)),
      "r"(shared_address(from)), "r"(bytes), "r"(address_in_block(rank, barrier))
      : "memory");
}

HARDWARE unsigned cluster_rank() {
  unsigned rank = 0;
  SINCE_HOPPER("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
  return rank;
}
HARDWARE unsigned cluster_blocks() {
  unsigned blocks = 1;
  SINCE_HOPPER("mov.u32 %0, %%cluster_nctarank;" : "=r"(blocks));
  return blocks;
}
HARDWARE void sync_cluster() {
  SINCE_HOPPER("barrier.cluster.arrive.release.aligned;\nbarrier.cluster.wait.acquire.aligned;" ::
                   : "memory");
}

HARDWARE void sync_threads(unsigned name, unsigned threads) {
  asm volatile("bar.sync %0, %1;" ::"r"(name), "r"(threads) : "memory");
}

HARDWARE void put_word(std::uint64_t* to, unsigned value, unsigned tag) {
  asm volatile("st.relaxed.gpu.global.u64 [%0],%1;" ::"l"(to), "l"(std::uint64_t{tag} << 32 | value)
               : "memory");
}
HARDWARE unsigned take_word(const std::uint64_t* from, unsigned tag) {
  std::uint64_t word;
  do {
    asm volatile("ld.relaxed.gpu.global.u64 %0,[%1];" : "=l"(word) : "l"(from) : "memory");
  } while (word >> 32 != tag);
  return static_cast<unsigned>(word);
}
template <unsigned n, class Address>
__device__ __forceinline__ void take_words(unsigned (&values)[n], unsigned count, unsigned tag,
                                           const Address& address) {
  bool all;
  do {
    all = true;
#pragma unroll
    for (unsigned i = 0; i < n; ++i) {
      if (i >= count) continue;
      std::uint64_t word;
      asm volatile("ld.relaxed.gpu.global.u64 %0,[%1];" : "=l"(word) : "l"(address(i)) : "memory");
      values[i] = static_cast<unsigned>(word);
      all = all && word >> 32 == tag;
    }
  } while (!all);
}

#undef HARDWARE
#undef SINCE_AMPERE
#undef SINCE_HOPPER

}  // namespace hardware
