// What the resident engine knows of a training run before it starts: which block owns what, and
// where it lies in a block's shared memory. Host and device share it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/everywhere.h"

namespace kilat::kernels::resident {

constexpr unsigned kWarp = 32;
constexpr unsigned kOctet = 8;        // units of a chain of logits, and of a tile of products
constexpr unsigned kPiece = 32;       // rows of the batch that are copied and multiplied together
constexpr unsigned kMultipliers = 8;  // warps
constexpr unsigned kThreads =
    384;  // of a block: multipliers, a warp that copies, three for the rest

constexpr unsigned kMostFeatures = 1024;
constexpr unsigned kMostOutputs = 16;
constexpr unsigned kMostRows = 256;  // of a batch: then 32 bits hold the sums of two digits
constexpr unsigned kMostOctets = 128;
constexpr unsigned kMostBuffers = kMostRows / kPiece + 1;

// A network of one hidden layer, the batch it is trained with, and how blocks share the units.
struct Shape {
  unsigned features = 0, units = 0, outputs = 0;
  unsigned batch = 0;         // rows; the last batch of an epoch may be shorter
  unsigned state_blocks = 0;  // of the optimizer
  unsigned octets = 1;        // of units a block owns: 1 or 2
  bool cluster = false;       // blocks exchange within a cluster, else through global memory
  unsigned buffers = 0;       // pieces in shared memory

  KILAT_EVERYWHERE constexpr unsigned pieces() const { return (batch + kPiece - 1) / kPiece; }
  KILAT_EVERYWHERE constexpr unsigned all_octets() const { return (units + kOctet - 1) / kOctet; }
  KILAT_EVERYWHERE constexpr unsigned blocks() const {
    return (all_octets() + octets - 1) / octets;
  }
  KILAT_EVERYWHERE constexpr unsigned block_units() const { return octets * kOctet; }
  KILAT_EVERYWHERE constexpr unsigned capacity() const {
    return pieces() * kPiece;
  }  // rows of the pieces
  // Numbers of a row of weights in shared memory: a multiple of 16, and of 16 only, so that rows
  // begin at different banks.
  KILAT_EVERYWHERE constexpr unsigned weight_stride() const { return round_up(features, 16) | 16; }
  // Bytes of an image in shared memory: an odd multiple of 16, for the same reason.
  KILAT_EVERYWHERE constexpr unsigned image_stride() const { return round_up(features, 16) | 16; }
  // Rows of activations and of their gradients lie so far apart; odd.
  KILAT_EVERYWHERE constexpr unsigned row_stride() const { return capacity() + 1; }
  // Numbers of a row or column of outputs: a multiple of 4, not of 8.
  KILAT_EVERYWHERE constexpr unsigned output_stride() const { return outputs <= 12 ? 12 : 20; }

  KILAT_EVERYWHERE static constexpr unsigned round_up(unsigned n, unsigned to) {
    return (n + to - 1) / to * to;
  }
};

// Digits of dz for a piece: tiles of 16 rows, each an octet's digits of one place, and columns for
// the piece's rows, padded to 48 bytes.
constexpr unsigned kDigitStride = 48;
KILAT_EVERYWHERE constexpr unsigned digit_tiles(unsigned octets) { return (3 * octets + 1) / 2; }

// Offsets into a block's shared memory, in bytes; each a multiple of 16.
struct Layout {
  unsigned barriers = 0, images = 0, weights = 0, totals = 0, activations = 0, gradients = 0,
           logit_gradients = 0, digits = 0, small = 0, small_gradients = 0, unit_numbers = 0,
           labels = 0, outgoing = 0, incoming = 0, size = 0;

  constexpr Layout() = default;

  explicit constexpr Layout(const Shape& s) {
    unsigned end = 0;
    const auto place = [&](unsigned& offset, unsigned bytes) {
      offset = end;
      end += Shape::round_up(bytes, 16);
    };
    const unsigned units = s.block_units(), stride = s.output_stride();
    place(barriers, (2 * kMostBuffers + 2) * 8);
    // The last product of a row reads up to 32 bytes beyond it.
    place(images, s.buffers * kPiece * s.image_stride() + 32);
    place(weights, (1 + s.state_blocks) * units * s.weight_stride() * 4);
    place(totals, (s.pieces() > 1 ? 2 : 1) * kMultipliers * units * (kPiece + 2) * 8);
    place(activations, units * s.row_stride() * 4);
    place(gradients, units * s.row_stride() * 4);
    place(logit_gradients, s.capacity() * stride * 4);
    place(digits, s.pieces() * digit_tiles(s.octets) * 16 * kDigitStride);
    place(small, (1 + s.state_blocks) * (units * stride + units + stride) * 4);
    place(small_gradients, (units + 1) * stride * 4);
    place(unit_numbers, units * 32 + 16);
    place(labels, s.buffers * kPiece * 4);
    const unsigned parts = s.capacity() * s.outputs * 4;  // of an octet
    place(outgoing, s.cluster ? 2 * s.octets * parts : 0);
    place(incoming, s.cluster ? 2 * s.all_octets() * parts : 0);
    size = end;
  }
};

// What a device offers.
struct Figures {
  unsigned shared_bytes = 0;     // of a block, at most
  unsigned multiprocessors = 0;  // blocks that run side by side
  unsigned cluster = 0;          // blocks of a cluster, at most; 0: it has none
};

// How the blocks of such a device share the network and batch that `wanted` gives. octets is 0
// where they do not fit.
Shape arrange(Shape wanted, const Figures& device);

}  // namespace kilat::kernels::resident
