// What the resident engine knows of a training run before it starts: which block owns what, and
// where it lies in a block's shared memory. Host and device share it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

#include "backend/everywhere.h"
#include "kernels/warp.h"

namespace kilat::kernels::resident {

constexpr unsigned kUnits = 8;        // of a block: a chain of logits, and a tile of products
constexpr unsigned kPiece = 32;       // rows of the batch that are copied and multiplied together
constexpr unsigned kMultipliers = 8;  // warps of a block that multiply
constexpr unsigned kSmallWarps = 3;   // that have the small gradients; one more copies rows
constexpr unsigned kMultiplyThreads = kMultipliers * kWarp;
constexpr unsigned kThreads = (kMultipliers + 1 + kSmallWarps) * kWarp;

constexpr unsigned kMostFeatures = 1024;
constexpr unsigned kMostOutputs = 16;
constexpr unsigned kMostRows = 256;  // of a batch: then 32 bits hold the sums of two digits
constexpr unsigned kMostBlocks = 128;
constexpr unsigned kMostRowBlocks = 255;  // of a full batch
constexpr unsigned kMostInCluster = 16;
constexpr unsigned kMostBuffers = kMostRows / kPiece + 1;

// Parts of a step, whose clocks are counted where a run asks for it (clocks.h), and their names.
// docs/gpu.md says what each is, in each kernel.
enum class Part : unsigned {
  load,
  digits,
  forward,
  further,
  exchange,
  gradients,
  backward,
  update,
  evaluation
};
constexpr const char* kPartNames[] = {"load",      "digits",   "forward", "further",   "exchange",
                                      "gradients", "backward", "update",  "evaluation"};
constexpr unsigned kStepParts = std::size(kPartNames);
static_assert(static_cast<unsigned>(Part::evaluation) + 1 == kStepParts);

// A network of one hidden layer, the batch it is trained with, and how blocks share the units, or
// the rows of a full batch.
struct Shape {
  unsigned features = 0, units = 0, outputs = 0;
  unsigned batch = 0;         // rows, those of a block of a full batch; the last one may be shorter
  unsigned state_blocks = 0;  // of the optimizer
  bool cluster = false;       // blocks exchange within a cluster, else through global memory
  unsigned buffers = 0;       // pieces in shared memory
  unsigned groups = 1;        // of kUnits units that a block owns
  unsigned row_blocks = 0;  // blocks of a full batch, each of which has all units; 0: a mini-batch
  unsigned grid = 0;        // blocks of a deep network; 0: it has one hidden layer

  KILAT_EVERYWHERE constexpr bool is_full_batch() const { return row_blocks > 0; }
  KILAT_EVERYWHERE constexpr bool is_deep() const { return grid > 0; }
  KILAT_EVERYWHERE constexpr unsigned pieces() const { return (batch + kPiece - 1) / kPiece; }
  KILAT_EVERYWHERE constexpr unsigned blocks() const { return (units + kUnits - 1) / kUnits; }
  // Rows of the pieces.
  KILAT_EVERYWHERE constexpr unsigned capacity() const { return pieces() * kPiece; }
  // Numbers of a row of weights in shared memory: a multiple of 16, and of 16 only, so that rows
  // begin at different banks.
  KILAT_EVERYWHERE constexpr unsigned weight_stride() const { return round_up(features, 16) | 16; }
  // Bytes of an image in shared memory: an odd multiple of 16, for the same reason.
  KILAT_EVERYWHERE constexpr unsigned image_stride() const { return round_up(features, 16) | 16; }
  // Rows of activations and of their gradients lie so far apart; odd.
  KILAT_EVERYWHERE constexpr unsigned row_stride() const { return capacity() + 1; }
  // Numbers of a row or column of outputs: a multiple of 4, not of 8.
  KILAT_EVERYWHERE constexpr unsigned output_stride() const { return outputs <= 12 ? 12 : 20; }

  // Output weights, biases and output biases of a block.
  KILAT_EVERYWHERE constexpr unsigned small_numbers() const {
    return kUnits * output_stride() + kUnits + output_stride();
  }

  KILAT_EVERYWHERE static constexpr unsigned round_up(unsigned n, unsigned to) {
    return (n + to - 1) / to * to;
  }
};

// Products of further layers are made in square tiles, from this many terms at a time. Rows of the
// factors lie so far apart in shared memory that eight of them begin at different banks.
constexpr unsigned kTileThreads = 16;  // of a tile's side
constexpr unsigned kWideTile = 2 * kTileThreads;
constexpr unsigned kTileDepth = 64;
constexpr unsigned kTileStride = 68;
constexpr unsigned kTileNumbers = kWideTile * kTileStride;  // of a factor

// Digits of dz for a piece: two tiles of 16 rows, which are the units' digits of each place, lowest
// first, and eight zeros; columns are rows of the piece, padded to 48 bytes.
constexpr unsigned kDigitTiles = 2;
constexpr unsigned kDigitStride = 48;
// Sums of a unit's products with the rows of a piece lie so far apart.
constexpr unsigned kTotalStride = kPiece + 2;

// Offsets into a block's shared memory, and its size, in units of 16 bytes. (Two offsets in bytes
// side by side can look like a pointer to what checks a kernel's arguments.)
struct Layout {
  unsigned barriers = 0, images = 0, weights = 0, totals = 0, activations = 0, gradients = 0,
           logit_gradients = 0, digits = 0, small = 0, small_gradients = 0, unit_numbers = 0,
           labels = 0, outgoing = 0, incoming = 0, tiles = 0, size = 0;

  static constexpr unsigned kUnit = 16;

  constexpr Layout() = default;

  explicit constexpr Layout(const Shape& s) {
    unsigned end = 0;
    const auto place = [&](unsigned& offset, unsigned bytes) {
      offset = end;
      end += Shape::round_up(bytes, kUnit) / kUnit;
    };
    const unsigned stride = s.output_stride();
    place(barriers, (2 * kMostBuffers + 2) * 8);
    // The last product of a row reads up to 32 bytes beyond it.
    place(images, s.buffers * kPiece * s.image_stride() + 32);
    const bool full = s.is_full_batch(), deep = s.is_deep(), mini = !full && !deep;
    place(weights, (1 + s.state_blocks) * s.groups * kUnits * s.weight_stride() * 4);
    place(totals, (s.pieces() > 1 && mini ? 2 : 1) * kMultipliers * kUnits * kTotalStride * 8);
    if (deep) {  // a block multiplies its own weights, or tiles
      tiles = weights;
      end = end - tiles < kTileBytes / kUnit ? tiles + kTileBytes / kUnit : end;
    }
    place(activations, s.groups * kUnits * s.row_stride() * 4);
    if (deep) {
      gradients = activations;  // a deep network's block has one or the other
    } else {
      place(gradients, s.groups * kUnits * s.row_stride() * 4);
    }
    place(logit_gradients, deep ? 0 : s.capacity() * stride * 4);
    place(digits, (full ? 2 : s.pieces()) * kDigitTiles * 16 * kDigitStride);
    place(small, (1 + s.state_blocks) * s.groups * s.small_numbers() * 4);
    place(small_gradients, mini ? (kUnits + 1) * stride * 4 : 0);
    place(unit_numbers, s.groups * kUnits * 32 + 16 + (1 + kStepParts) * 8);
    place(labels, full ? s.capacity() : mini ? s.buffers * kPiece * 4 : 0);
    const unsigned parts = s.cluster ? s.capacity() * s.outputs * 4 : 0;  // of a block
    place(outgoing, 2 * parts);
    place(incoming, 2 * s.blocks() * parts);
    size = end;
  }

  // Of a block that makes tiles, and nothing else.
  static constexpr Layout only_tiles() {
    Layout layout;
    layout.size = kTileBytes / kUnit;
    return layout;
  }

  KILAT_EVERYWHERE constexpr unsigned bytes() const { return size * kUnit; }

 private:
  static constexpr unsigned kTileBytes = 2 * 2 * kTileNumbers * 4;  // two factors, twice
};

// What a device offers.
struct Figures {
  unsigned shared_bytes = 0;     // of a block, at most; 0: the engine cannot run on it
  unsigned multiprocessors = 0;  // blocks that run side by side
  unsigned cluster = 0;          // blocks of a cluster, at most; 0: it has none
};

// How the blocks of such a device share the network and batch that `wanted` gives. buffers is 0
// where they do not fit.
Shape arrange(Shape wanted, const Figures& device);

}  // namespace kilat::kernels::resident
