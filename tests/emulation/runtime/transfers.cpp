#include "runtime/transfers.h"

#include <cstring>
#include <numeric>

#include <fmt/format.h>

#include "runtime/device.h"
#include "runtime/grid.h"
#include "runtime/random.h"
#include "runtime/warp.h"

namespace emulation {
namespace {

constexpr std::size_t kPiece = 16;
constexpr unsigned kMostArrivals = (1 << 15) - 2;  // more is memory's poison
constexpr std::int32_t kMostBytes = (1 << 20) - 1;

void put(hardware::ByteBarrier& barrier, const Arrivals& arrivals) {
  std::memcpy(&barrier, &arrivals, sizeof arrivals);
}

void require_hopper(const char* call) {
  self(call);
  if (compute_capability_major() >= 9) return;
  running_grid()->stop(fmt::format("{} before compute capability 9.0", call));
}

void require_begun(const Arrivals& a) {
  if (a.expected > 0 && a.expected <= kMostArrivals) return;
  running_grid()->stop("a barrier in shared memory that was not begun");
}

void require_in_range(Grid& grid, const Arrivals& a) {
  if (a.bytes > kMostBytes || a.bytes < -kMostBytes) {
    grid.stop(fmt::format("a barrier waits for {} bytes", a.bytes));
  }
}

void end_phase_if_complete(Grid& grid, hardware::ByteBarrier* barrier, Arrivals a) {
  const bool complete = a.missing == 0 && a.bytes == 0;
  if (complete) {
    a.phase ^= 1;
    a.missing = a.expected;
  }
  put(*barrier, a);
  if (complete) grid.wake_all_at(barrier);
}

void arrive_with(hardware::ByteBarrier* barrier, unsigned bytes, const char* call) {
  require_hopper(call);
  emulation::pause();
  Grid& grid = *running_grid();
  Arrivals a = arrivals_of(*barrier);
  require_begun(a);
  if (a.missing == 0) grid.stop("more threads arrive at a barrier than it expects");
  a.missing -= 1;
  a.bytes += static_cast<std::int32_t>(bytes);
  require_in_range(grid, a);
  end_phase_if_complete(grid, barrier, a);
}

void begin_copy(const Block& block, void* to, const void* from, unsigned bytes,
                hardware::ByteBarrier* barrier, const char* call) {
  const auto misaligned = [](const void* p) {
    return reinterpret_cast<std::uintptr_t>(p) % kPiece != 0;
  };
  if (bytes == 0 || bytes % kPiece != 0 || misaligned(to) || misaligned(from)) {
    running_grid()->stop(
        fmt::format("{}: {} bytes from {} to {}: not multiples of 16", call, bytes, from, to));
  }
  running_grid()->transfers().begin(block, to, from, bytes, barrier);
}

}  // namespace

Arrivals arrivals_of(const hardware::ByteBarrier& barrier) {
  static_assert(sizeof(Arrivals) == sizeof(hardware::ByteBarrier));
  Arrivals a;
  std::memcpy(&a, &barrier, sizeof a);
  return a;
}

void Transfers::begin(const Block& block, void* to, const void* from, std::size_t bytes,
                      hardware::ByteBarrier* barrier) {
  Transfer t{
      &block, static_cast<std::byte*>(to), static_cast<const std::byte*>(from), barrier, bytes, {}};
  t.pieces.resize(bytes / kPiece);
  std::iota(t.pieces.begin(), t.pieces.end(), std::size_t{0});
  schedule().shuffle(t.pieces);
  under_way_.push_back(std::move(t));
}

// Half of what is left of a transfer that is chosen by chance.
void Transfers::progress(Grid& grid) {
  Transfer& t = under_way_[schedule().below(under_way_.size())];
  if (t.block->returned == t.block->threads.size()) {
    grid.complain("a copy arrives in a block that has ended: " + name_of(t.block->threads.front()));
    return;
  }
  const std::size_t left = t.pieces.size() / 2;
  while (t.pieces.size() > left) {
    const std::size_t at = t.pieces.back() * kPiece;
    std::memcpy(t.to + at, t.from + at, kPiece);
    t.pieces.pop_back();
  }
  if (left > 0) return;
  Arrivals a = arrivals_of(*t.barrier);
  a.bytes -= static_cast<std::int32_t>(t.bytes);
  hardware::ByteBarrier* barrier = t.barrier;
  std::swap(t, under_way_.back());
  under_way_.pop_back();
  end_phase_if_complete(grid, barrier, a);
}

}  // namespace emulation

namespace hardware {

using namespace emulation;

void begin(ByteBarrier* barrier, unsigned arrivals) {
  require_hopper("begin(ByteBarrier*)");
  if (arrivals == 0 || arrivals > kMostArrivals) {
    running_grid()->stop(fmt::format("a barrier of {} threads", arrivals));
  }
  put(*barrier, {0, arrivals, arrivals, 0});
}

void arrive(ByteBarrier* barrier) { arrive_with(barrier, 0, "arrive"); }

void arrive_expecting(ByteBarrier* barrier, unsigned bytes) {
  arrive_with(barrier, bytes, "arrive_expecting");
}

void wait(ByteBarrier* barrier, unsigned parity, Site where) {
  require_hopper("wait(ByteBarrier*)");
  emulation::pause();
  require_begun(arrivals_of(*barrier));
  while (arrivals_of(*barrier).phase == parity) running_grid()->wait_at(barrier, where);
}

void copy_to_shared(void* to, const void* from, unsigned bytes, ByteBarrier* barrier) {
  require_hopper("copy_to_shared");
  begin_copy(*running_thread()->block, to, from, bytes, barrier, "copy_to_shared");
}

void copy_to_block(unsigned rank, void* to, const void* from, unsigned bytes,
                   ByteBarrier* barrier) {
  require_hopper("copy_to_block");
  Grid& grid = *running_grid();
  begin_copy(grid.block_of_cluster(rank), grid.in_block(rank, to), from, bytes,
             static_cast<ByteBarrier*>(grid.in_block(rank, barrier)), "copy_to_block");
}

void fence_for_copies() { emulation::pause(); }

}  // namespace hardware
