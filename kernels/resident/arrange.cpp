#include <algorithm>
#include <initializer_list>

#include "kernels/resident/deep_evaluate.h"
#include "kernels/resident/evaluate.h"
#include "kernels/resident/full_batch.h"

namespace kilat::kernels::resident {
namespace {

// Sets the number of buffers, `best` or as many as fit; 0 and false if fewer than `fewest` (≥ 1)
// do.
bool set_buffers(Shape& s, const Figures& device, unsigned best, unsigned fewest) {
  for (s.buffers = best; s.buffers >= fewest; --s.buffers) {
    if (Layout(s).bytes() <= device.shared_bytes) return true;
  }
  s.buffers = 0;
  return false;
}

// A piece that is multiplied, one that waits, one that is on its way; or a batch and a piece.
bool set_buffers(Shape& s, const Figures& device) {
  return s.pieces() == 1 ? set_buffers(s, device, 3, 2)
                         : set_buffers(s, device, s.pieces() + 1, s.pieces());
}

}  // namespace

Shape arrange(Shape s, const Figures& device) {
  const bool has_room = s.features <= kMostFeatures && s.outputs <= kMostOutputs &&
                        s.batch <= kMostRows && s.blocks() <= kMostBlocks;
  for (const bool cluster : {true, false}) {
    s.cluster = cluster;
    const unsigned most = cluster ? device.cluster : device.multiprocessors;
    if (has_room && s.blocks() <= most && set_buffers(s, device)) return s;
  }
  s.buffers = 0;
  return s;
}

Shape arrange_full_batch(Shape s, std::size_t rows, const Figures& device) {
  s.groups = s.blocks();
  s.state_blocks = 0;  // which stays in global memory
  s.batch = kPiece;
  while (s.batch < kMostOwnRows && rows > std::size_t{s.batch} * device.multiprocessors)
    s.batch *= 2;
  const std::size_t blocks = (rows + s.batch - 1) / s.batch;
  s.row_blocks = static_cast<unsigned>(std::min<std::size_t>(blocks, kMostRowBlocks + 1));
  s.buffers = 0;
  if (s.features > kMostFeatures || s.outputs > kMostOutputs || s.groups > kMostGroups ||
      s.row_blocks > std::min(device.multiprocessors, kMostRowBlocks)) {
    return s;
  }
  set_buffers(s, device, std::min(s.pieces(), kMostBuffers), std::min(s.pieces(), 2U));
  return s;
}

Shape arrange_deep(Shape s, std::size_t further_tiles, const Figures& device) {
  s.state_blocks = 0;  // which stays in global memory, as the parameters do
  const std::size_t useful = s.blocks() + further_tiles;
  s.grid =
      static_cast<unsigned>(std::min<std::size_t>({useful, device.multiprocessors, kMostGrid}));
  s.buffers = 0;
  if (s.features > kMostFeatures || s.outputs > kMostOutputs || s.batch > kMostDeepRows) return s;
  set_buffers(s, device, kMostBuffers, 1);
  return s;
}

// Without the optimizer's state, pieces find as much room as in training.
Shape evaluation_shape(Shape s, const Figures& device) {
  s.batch = kPiece;
  s.state_blocks = 0;
  s.cluster = false;
  s.groups = 1;
  s.row_blocks = 0;
  set_buffers(s, device);
  return s;
}

Shape deep_evaluation_shape(Shape s, const Figures& device) {
  const unsigned batch = s.batch;
  s.batch = kMostRows;
  if (!set_buffers(s, device, kMostBuffers, 1)) {
    s.batch = batch;
    set_buffers(s, device, kMostBuffers, 1);
  }
  return s;
}

unsigned evaluation_groups(const Shape& s, const Figures& device) {
  return std::max(device.multiprocessors / s.blocks(), 1U);
}

}  // namespace kilat::kernels::resident
