// Stands in for cooperative groups: the grid's barrier and the block's.
#pragma once

#include <cstddef>

#include "emulation/collectives.h"
#include "emulation/language.h"

namespace emulation {
// Waits for every thread of a grid launched with cudaLaunchAttributeCooperative.
void meet_grid(Site where);
bool grid_is_cooperative();
}  // namespace emulation

namespace cooperative_groups {

class thread_block {
 public:
  void sync(emulation::Site where = emulation::Site::current()) const {
    emulation::meet_block(false, where);
  }
  static unsigned thread_rank() {
    return threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  }
  static unsigned size() { return blockDim.x * blockDim.y * blockDim.z; }
};

class grid_group {
 public:
  void sync(emulation::Site where = emulation::Site::current()) const {
    emulation::meet_grid(where);
  }
  static bool is_valid() { return emulation::grid_is_cooperative(); }
  static unsigned long long block_rank() {
    return blockIdx.x + 1ULL * gridDim.x * (blockIdx.y + 1ULL * gridDim.y * blockIdx.z);
  }
  static unsigned long long num_blocks() { return 1ULL * gridDim.x * gridDim.y * gridDim.z; }
  static unsigned long long thread_rank() {
    return block_rank() * thread_block::size() + thread_block::thread_rank();
  }
  static unsigned long long size() { return num_blocks() * thread_block::size(); }
};

inline thread_block this_thread_block() { return {}; }
inline grid_group this_grid() { return {}; }

}  // namespace cooperative_groups
