// Small kernels for the tests of the emulation: right ones, and ones that are wrong on purpose.
#pragma once

#include <cuda_bf16.h>
#include <cuda_runtime.h>

namespace emulation_test {

constexpr int kBlock = 96;  // threads of a block, where a kernel does not say otherwise

// sums.cu
// out[b] = the sum of the block's values of in, by a tree in shared memory; kBlock threads
__global__ void block_sum(int* out, const int* in);
// The same without the barrier before the last step
__global__ void block_sum_unsynchronised(int* out, const int* in);
// out[0] = the sum of in [n], in one cooperative launch; partial is [blocks]
__global__ void grid_sum(int* out, int* partial, const int* in, int n);
// out[0] = the sum of in [n]: the block that is done last adds the others' partial sums up
__global__ void last_block_sum(int* out, int* partial, unsigned* done, const int* in, int n);
__global__ void add_one(int* values, int n);
__global__ void copy(int* out, const int* in, int n);
// out[b * kBlock + t] = the block's dynamic shared memory reversed
__global__ void reverse(int* out, const int* in);
__global__ void do_nothing();

// warps.cu
struct Exchanges {
  int broadcast, up, down, exclusive_or, in_group;
  double as_double;
  unsigned long long as_long;
};
// out[t] for one warp whose lanes give their number
__global__ void exchange(Exchanges* out);
// Of the lanes that are multiples of three: ballot, any, all; of the block's: count, or, and
__global__ void vote(unsigned* out);
// out[t] = the sum of the lanes of t's half of the warp, by shuffles with the half's mask
__global__ void half_warp_sum(int* out);
// out[t] = the lanes that vote, after the whole warp's last lane has returned
__global__ void vote_without_last_lane(unsigned* out);
// Each of the integer atomics, once per thread
__global__ void use_atomics(unsigned* out);
// out[i]: what shared and dynamic shared memory hold at the block's beginning
__global__ void read_fresh_memory(float* out);

// matrices.cu: one warp on tensor cores; a, b and d are [16, 16]
enum class Form { plain, a_transposed, b_transposed, d_transposed };
// d = a · b + c, where a, b or d is stored column by column; `line` numbers from line to line of d
__global__ void multiply(float* d, const __nv_bfloat16* a, const __nv_bfloat16* b, float c,
                         Form form, unsigned line);
// d = 3 · (ones · b)
__global__ void multiply_filled(float* d, const __nv_bfloat16* b);
// The same, added to a fragment that nothing was written to
__global__ void multiply_unfilled(float* d, const __nv_bfloat16* b);
// The same in the first lanes only
__global__ void multiply_with_some_lanes(float* d, const __nv_bfloat16* b, unsigned lanes);
// The first lanes store to d, the others behind it
__global__ void store_to_different_places(float* d, unsigned lanes);

// bytes.cu: one warp on bytes
struct ByteProduct {
  unsigned a[4], b[2];  // the lane's registers
  int sum[4];
};
// products[lane].sum += a · bᵀ
__global__ void multiply_bytes(ByteProduct* products, bool a_signed);
// out[lane][m] of four matrices that lie in bytes [32][16], `offset` bytes further
__global__ void load_byte_matrices(unsigned (*out)[4], const unsigned char* bytes, bool transposed,
                                   unsigned offset);
// Bytes chosen from two numbers, and the largest of the lanes' numbers; compute capability 8.0
__global__ void permute_and_reduce(unsigned* out, unsigned selector);

// clusters.cu: a block has 64 threads and 1,024 bytes of dynamic shared memory at least
// How wrong a kernel is.
enum class Flaw {
  none,
  no_barrier,            // between writing and reading
  read_before_arrival,   // of copies
  too_few_bytes,         // announced
  too_many_bytes,        // announced
  one_arrival_too_many,  // at a barrier of one
  not_begun,             // the barrier
  source_reused,         // while it is copied
  block_ends_early,      // though others write to it
  beyond_the_cluster,    // a rank
  odd_bytes,             // copied
  lost_word              // never written
};
// out[block] = the sum of `in` of the blocks of its cluster, each of which sends its number to all
__global__ void sum_in_cluster(int* out, const int* in, Flaw flaw);
// out[i] = 2 in[i]: rows of 256 bytes come by copies, two buffers, `rows` a block
__global__ void double_rows(int* out, const int* in, int rows, Flaw flaw);
// out[block] = the sum of `in` over the grid, by words; cooperative
__global__ void sum_by_words(int* out, const int* in, unsigned long* words, Flaw flaw);
// out[t]: two warps meet at a barrier of their own while two others meet at another
__global__ void meet_by_name(int* out, unsigned threads);

// wrong.cu
__global__ void write_at(int* values, long index, int value);
struct Nested {
  int number;
  int* values;
};
__global__ void write_nested(Nested nested);
__global__ void write_static_shared(int* out, int index);
__global__ void write_static_shared_by_pointer(int* out, int index);
__global__ void write_dynamic_shared(int* out, int index);
// Threads below `limit` meet a barrier, the others another one
__global__ void diverge(int limit);
// Threads below `limit` return before the barrier
__global__ void return_early(int limit);
// Lane 0 waits for its warp, the others for the block
__global__ void wait_for_each_other();
__global__ void shuffle_from_returned_lane(int* out);
__global__ void shuffle_without_own_lane(int* out);
// Every thread of two warps writes its number to out[0]
__global__ void race(int* out);
// Every block writes its number to out[0]
__global__ void race_of_blocks(int* out);
__global__ void overflow_stack(int* out, int depth);
__global__ void sync_grid();

}  // namespace emulation_test
