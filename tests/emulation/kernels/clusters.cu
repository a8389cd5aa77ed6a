#include <dynamic_shared.h>
#include <hardware.h>

#include "kernels/kernels.h"

namespace emulation_test {
namespace {

using hardware::ByteBarrier;

constexpr unsigned kBlocks = 16;  // of a cluster, at most
constexpr unsigned kRow = 64;     // numbers
constexpr unsigned kRowBytes = 4 * kRow;

}  // namespace

__global__ void sum_in_cluster(int* out, const int* in, Flaw flaw) {
  struct Shared {
    ByteBarrier arrived;
    alignas(16) int sent[4];
    alignas(16) int received[kBlocks][4];
  };
  auto& shared = *dynamic_shared<Shared>();
  const unsigned rank = hardware::cluster_rank(), blocks = hardware::cluster_blocks();
  if (threadIdx.x == 0) {
    if (flaw != Flaw::not_begun) hardware::begin(&shared.arrived, 1);
    for (int i = 0; i < 4; ++i) shared.sent[i] = shared.received[rank][i] = in[blockIdx.x];
  }
  if (flaw != Flaw::no_barrier) hardware::sync_cluster();
  if (flaw == Flaw::block_ends_early && rank == 0) return;
  if (threadIdx.x == 0) {
    const unsigned bytes = (blocks - 1) * 16;
    hardware::arrive_expecting(&shared.arrived, flaw == Flaw::too_few_bytes    ? bytes - 16
                                                : flaw == Flaw::too_many_bytes ? bytes + 16
                                                                               : bytes);
    if (flaw == Flaw::one_arrival_too_many) hardware::arrive(&shared.arrived);
    hardware::fence_for_copies();
    const unsigned ranks = flaw == Flaw::beyond_the_cluster ? blocks + 1 : blocks;
    for (unsigned to = 0; to < ranks; ++to) {
      if (to == rank) continue;  // compute-sanitizer takes a copy to the own block for an error
      hardware::copy_to_block(to, shared.received[rank], shared.sent,
                              flaw == Flaw::odd_bytes ? 8 : 16, &shared.arrived);
    }
    if (flaw == Flaw::source_reused) shared.sent[1] = -1000;
  }
  if (flaw != Flaw::read_before_arrival) hardware::wait(&shared.arrived, 0);
  int sum = 0;
  for (unsigned from = 0; from < blocks; ++from) sum += shared.received[from][threadIdx.x % 4];
  if (threadIdx.x == 5) out[blockIdx.x] = sum;
  hardware::sync_cluster();
}

// The last warp copies, the others compute.
__global__ void double_rows(int* out, const int* in, int rows, Flaw flaw) {
  struct Shared {
    ByteBarrier full[2], empty[2];
    alignas(16) int row[2][kRow];
  };
  auto& shared = *dynamic_shared<Shared>();
  if (threadIdx.x == 0) {
    for (int i = 0; i < 2; ++i) {
      hardware::begin(&shared.full[i], 1);
      hardware::begin(&shared.empty[i], 32);
    }
  }
  __syncthreads();
  const int first = static_cast<int>(blockIdx.x) * rows;
  const bool copies = threadIdx.x >= 32;
  for (int n = 0; n < rows; ++n) {
    const int buffer = n % 2;
    const unsigned parity = static_cast<unsigned>(n / 2) % 2;
    if (copies) {
      if (threadIdx.x != 32) continue;
      if (n >= 2 && flaw != Flaw::source_reused) hardware::wait(&shared.empty[buffer], parity ^ 1);
      hardware::arrive_expecting(&shared.full[buffer], kRowBytes);
      hardware::copy_to_shared(shared.row[buffer], in + (first + n) * static_cast<int>(kRow),
                               kRowBytes, &shared.full[buffer]);
    } else {
      if (flaw != Flaw::read_before_arrival) hardware::wait(&shared.full[buffer], parity);
      for (unsigned i = threadIdx.x; i < kRow; i += 32) {
        out[(first + n) * static_cast<int>(kRow) + static_cast<int>(i)] = 2 * shared.row[buffer][i];
      }
      hardware::arrive(&shared.empty[buffer]);
    }
  }
}

__global__ void sum_by_words(int* out, const int* in, unsigned long* words, Flaw flaw) {
  constexpr unsigned kTag = 7;
  if (threadIdx.x > 0) return;
  auto* const all = reinterpret_cast<std::uint64_t*>(words);
  if (flaw != Flaw::lost_word || blockIdx.x > 0) {
    hardware::put_word(all + blockIdx.x, static_cast<unsigned>(in[blockIdx.x]), kTag);
  }
  int sum = 0;
  for (unsigned from = 0; from < gridDim.x; ++from) {
    sum += static_cast<int>(hardware::take_word(all + from, kTag));
  }
  out[blockIdx.x] = sum;
}

__global__ void meet_by_name(int* out, unsigned threads) {
  auto* shared = dynamic_shared<int>();
  const unsigned pair = threadIdx.x / 64, partner = threadIdx.x ^ 32;
  for (int step = 0; step < 3; ++step) {
    shared[threadIdx.x] = static_cast<int>(threadIdx.x) + step;
    hardware::sync_threads(1 + pair, threads);
    const int sum = shared[threadIdx.x] + shared[partner];
    hardware::sync_threads(1 + pair, threads);
    out[threadIdx.x] = sum;
  }
}

}  // namespace emulation_test
