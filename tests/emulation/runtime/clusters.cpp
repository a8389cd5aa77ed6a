// Clusters of blocks, named barriers, and words that threads wait for.
#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "hardware.h"
#include "runtime/grid.h"
#include "runtime/warp.h"

namespace emulation {

void Grid::wait_at(const void* place, Site where) {
  waiting_.push_back({place, running_thread()});
  wait("a barrier's bytes or a word", where);
}

void Grid::wake_all_at(const void* place) {
  const auto others = std::stable_partition(waiting_.begin(), waiting_.end(),
                                            [&](const Waiting& w) { return w.place != place; });
  for (auto w = others; w != waiting_.end(); ++w) wake(*w->thread);
  waiting_.erase(others, waiting_.end());
}

Block& Grid::block_of_cluster(unsigned rank) {
  Block& own = *running_thread()->block;
  if (rank >= launch_.cluster) {
    stop(fmt::format("block {} of a cluster of {}", rank, launch_.cluster));
  }
  const std::size_t first = own.rank / launch_.cluster * launch_.cluster;
  for (const auto& block : blocks_) {
    if (block->rank == first + rank) return *block;
  }
  stop("a block that does not run");
}

void* Grid::in_block(unsigned rank, void* own) {
  Block& here = *running_thread()->block;
  Block& there = block_of_cluster(rank);
  auto* const begin = static_cast<unsigned char*>(here.shared.dynamic());
  auto* const address = static_cast<unsigned char*>(own);
  if (begin == nullptr || address < begin || address >= begin + here.shared.dynamic_bytes()) {
    stop("an address of another block's that is not in dynamic shared memory");
  }
  if (there.returned == there.threads.size()) {
    stop(fmt::format("block {} of the cluster has ended", rank));
  }
  return static_cast<unsigned char*>(there.shared.dynamic()) + (address - begin);
}

void Grid::meet_cluster(Site where) {
  if (launch_.cluster == 1) return;
  Block& first = block_of_cluster(0);
  std::size_t threads = 0, returned = 0;
  for (unsigned rank = 0; rank < launch_.cluster; ++rank) {
    threads += block_of_cluster(rank).threads.size();
    returned += block_of_cluster(rank).returned;
  }
  if (returned > 0) stop("sync_cluster after threads of the cluster have returned");
  Barrier& barrier = first.cluster_barrier;
  barrier.site = where;
  if (++barrier.arrived == threads) {
    barrier = {};
    for (unsigned rank = 0; rank < launch_.cluster; ++rank) {
      for (Thread& thread : block_of_cluster(rank).threads) wake(thread);
    }
  }
  wait("sync_cluster", where);
}

void Grid::meet_named(unsigned name, unsigned threads, Site where) {
  if (name == 0 || name >= kNamedBarriers || threads == 0 || threads % 32 != 0) {
    stop(fmt::format("sync_threads({}, {}): names are 1 to 15, threads come in warps", name,
                     threads));
  }
  Thread& thread = *running_thread();
  NamedBarrier& barrier = thread.block->named[name];
  if (!barrier.waiting.empty() && barrier.threads != threads) {
    stop(fmt::format("sync_threads({}, {}) while {} of {} threads wait", name, threads,
                     barrier.waiting.size(), barrier.threads));
  }
  barrier.threads = threads;
  barrier.waiting.push_back(&thread);
  if (barrier.waiting.size() == threads) {
    for (Thread* each : std::exchange(barrier.waiting, {})) wake(*each);
  }
  wait("sync_threads", where);
}

}  // namespace emulation

namespace hardware {

using namespace emulation;

unsigned cluster_rank() {
  return static_cast<unsigned>(self("cluster_rank").block->rank % running_grid()->launch().cluster);
}

unsigned cluster_blocks() {
  self("cluster_blocks");
  return running_grid()->launch().cluster;
}

void sync_cluster(Site where) {
  self("sync_cluster");
  running_grid()->meet_cluster(where);
}

void sync_threads(unsigned name, unsigned threads, Site where) {
  self("sync_threads");
  running_grid()->meet_named(name, threads, where);
}

void put_word(std::uint64_t* to, unsigned value, unsigned tag) {
  self("put_word");
  emulation::pause();
  *static_cast<volatile std::uint64_t*>(to) = std::uint64_t{tag} << 32 | value;
  running_grid()->wake_all_at(to);
}

unsigned take_word(const std::uint64_t* from, unsigned tag, Site where) {
  self("take_word");
  emulation::pause();
  for (;;) {
    const std::uint64_t word = *static_cast<const volatile std::uint64_t*>(from);
    if (word >> 32 == tag) return static_cast<unsigned>(word);
    running_grid()->wait_at(from, where);
  }
}

}  // namespace hardware
