// The state of a block, its warps and its threads while their kernel runs.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "emulation/collectives.h"
#include "emulation/vector_types.h"
#include "runtime/shared_memory.h"

namespace emulation {

struct Block;
class Worker;

struct Thread {
  uint3 index = {};
  unsigned rank = 0;  // in the block: x runs fastest
  Block* block = nullptr;
  Worker* worker = nullptr;     // whose stack holds it while it waits
  const char* waits = nullptr;  // for what, if it does
  Site site;                    // where
  Received received = {};       // what the collective gave it
};

// Lanes that have come to one warp-wide operation, and those it still waits for.
struct Meeting {
  std::uint32_t mask = 0;
  std::uint32_t arrived = 0;
  const char* name = nullptr;
  WarpWork work = nullptr;  // of the whole warp
  std::array<std::uint64_t, 32> values = {};
  std::array<int, 32> sources = {};
};

struct Warp {
  std::uint32_t alive = 0;  // lanes that have not returned
  std::vector<Meeting> meetings;
};

// Threads that have come to a barrier, of a block or of a grid.
struct Barrier {
  unsigned arrived = 0;
  unsigned held = 0;  // those whose predicate held
  Site site;
};

// One of those that have a number, for as many threads as ask for it.
struct NamedBarrier {
  unsigned threads = 0;
  std::vector<Thread*> waiting;
};
constexpr unsigned kNamedBarriers = 16;

struct Block {
  Block(const dim3& extent, const void* kernel, std::size_t dynamic_bytes);
  void begin(std::size_t rank_in_grid, const uint3& block_index);

  uint3 index = {};
  std::size_t rank = 0;  // in the grid: x runs fastest
  unsigned returned = 0;
  std::vector<Thread> threads;
  std::vector<Warp> warps;
  Barrier barrier;
  std::array<NamedBarrier, kNamedBarriers> named;
  Barrier cluster_barrier;  // of the cluster whose first block this is
  SharedMemory shared;
};

// "block (1,0,0), thread (3,0,0)"
std::string name_of(const Thread& thread);
// "reduce.cu:31"
std::string name_of(const Site& site);
// "3 threads wait at __syncthreads (reduce.cu:31), 5 have returned": of all threads of the blocks.
std::string describe_waiting(const std::vector<const Block*>& blocks);

}  // namespace emulation
