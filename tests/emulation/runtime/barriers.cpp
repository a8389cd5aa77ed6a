// Barriers of blocks and grids, and what threads ask of their block: each call waits in the grid
// until the others have come.
#include <string_view>

#include <fmt/format.h>

#include "cooperative_groups.h"
#include "dynamic_shared.h"
#include "runtime/failure.h"
#include "runtime/grid.h"
#include "runtime/random.h"
#include "runtime/warp.h"

namespace emulation {
namespace {

bool differ(const Site& a, const Site& b) {
  if (a.line() != b.line() || a.column() != b.column()) return true;
  return a.file_name() != b.file_name() && std::string_view(a.file_name()) != b.file_name();
}

// Counts the thread in; false if it must wait for others.
bool arrive(Barrier& barrier, std::size_t expected, std::size_t returned, bool predicate,
            const char* name, const Site& where) {
  Grid& grid = *running_grid();
  if (returned > 0) {
    grid.stop(fmt::format("divergent barrier: {} ({}) after {} threads have returned", name,
                          name_of(where), returned));
  }
  if (barrier.arrived > 0 && differ(barrier.site, where)) {
    grid.stop(fmt::format("divergent barrier: {} ({}) while {} threads wait at {}", name,
                          name_of(where), barrier.arrived, name_of(barrier.site)));
  }
  barrier.site = where;
  barrier.held += predicate ? 1 : 0;
  return ++barrier.arrived == expected;
}

void check_shared(Thread& thread) {
  const std::string damage = thread.block->shared.find_damage();
  if (!damage.empty()) running_grid()->stop(damage);
}

}  // namespace

Thread& self(const char* call) {
  Thread* thread = running_thread();
  if (thread == nullptr) fail_fatally(fmt::format("{} is called by the host", call));
  return *thread;
}

unsigned meet_block(bool predicate, Site where) {
  Thread& thread = self("__syncthreads");
  Grid& grid = *running_grid();
  Block& block = *thread.block;
  if (arrive(block.barrier, block.threads.size(), block.returned, predicate, "__syncthreads",
             where)) {
    check_shared(thread);
    for (Thread& each : block.threads) {
      each.received.value = block.barrier.held;
      grid.wake(each);
    }
    block.barrier = {};
  }
  grid.wait("__syncthreads", where);
  return static_cast<unsigned>(thread.received.value);
}

void Grid::meet(Site where) {
  if (!launch_.cooperative) stop("this_grid().sync() in a launch that is not cooperative");
  std::size_t threads = 0;
  for (const auto& block : blocks_) threads += block->threads.size();
  if (arrive(barrier_, threads, threads - alive_, false, "this_grid().sync()", where)) {
    for (const auto& block : blocks_) {
      for (Thread& thread : block->threads) wake(thread);
    }
    barrier_ = {};
  }
  wait("this_grid().sync()", where);
}

void Grid::note_return(Thread& thread) {
  Block& block = *thread.block;
  Warp& warp = warp_of(thread);
  ++block.returned;
  --alive_;
  warp.alive &= ~(1U << (thread.rank % 32));
  for (const Barrier* barrier : {&block.barrier, &barrier_}) {
    if (barrier->arrived == 0) continue;
    stop(fmt::format("divergent barrier: the thread has returned while {} wait at {}",
                     barrier->arrived, name_of(barrier->site)));
  }
  if (!warp.meetings.empty()) complete_meetings(thread);
  if (block.returned == block.threads.size()) check_shared(thread);
}

void meet_grid(Site where) {
  self("this_grid().sync()");
  running_grid()->meet(where);
}

bool grid_is_cooperative() {
  self("this_grid()");
  return running_grid()->launch().cooperative;
}

void pause() {
  constexpr std::size_t kOften = 16;
  self("an atomic");
  if (schedule().below(kOften) == 0) running_grid()->yield();
}

void use_shared_memory() { self("__shared__").block->shared.use(); }

void* dynamic_shared() {
  SharedMemory& shared = self("dynamic_shared").block->shared;
  if (shared.dynamic() == nullptr) running_grid()->stop("launched without dynamic shared memory");
  return shared.dynamic();
}

}  // namespace emulation
