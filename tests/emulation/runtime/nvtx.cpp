#include <set>

#include <fmt/format.h>

#include "emulation.h"
#include "nvtx3/nvToolsExt.h"
#include "runtime/failure.h"
#include "runtime/turn.h"

namespace emulation {
namespace {

Ranges ranges;
std::set<nvtxRangeId_t> started;

}  // namespace

Ranges nvtx_ranges() { return ranges; }

}  // namespace emulation

int nvtxRangePushA(const char*) {
  const emulation::Turn turn;
  ++emulation::ranges.entered;
  return static_cast<int>(emulation::ranges.depth++);
}

int nvtxRangePop() {
  const emulation::Turn turn;
  if (emulation::ranges.depth == 0) {
    emulation::fail("nvtxRangePop without a range");
    return -1;
  }
  return static_cast<int>(--emulation::ranges.depth);
}

nvtxRangeId_t nvtxRangeStartA(const char*) {
  const emulation::Turn turn;
  const nvtxRangeId_t id = ++emulation::ranges.entered;
  emulation::started.insert(id);
  emulation::ranges.open = emulation::started.size();
  return id;
}

void nvtxRangeEnd(nvtxRangeId_t id) {
  const emulation::Turn turn;
  if (emulation::started.erase(id) == 0) {
    emulation::fail(fmt::format("nvtxRangeEnd of {}, which is not open", id));
  }
  emulation::ranges.open = emulation::started.size();
}
