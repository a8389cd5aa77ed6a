// Types that all backends share: views of device memory, and arguments of the ops.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace kilat {

// A dense row-major matrix in device memory, or the transpose of one; or a first layer's weight
// that is marked as transposed, which lies as the backend's unit_blocks() say. Only the device that
// owns the memory may dereference `data`.
template <class Real>
struct MatrixView {
  Real* data = nullptr;
  std::size_t rows = 0;     // as the reader sees them, after any transposition
  std::size_t columns = 0;  // likewise
  bool transposed = false;  // data holds [columns, rows] instead of [rows, columns]

  operator MatrixView<const Real>() const { return {data, rows, columns, transposed}; }
};

template <class Real>
MatrixView<Real> transpose(MatrixView<Real> m) {
  return {m.data, m.columns, m.rows, !m.transposed};
}

// One linear layer's tensors inside a block laid out as Network::parameters: W [out, in] and b
// [out], or their gradients.
template <class Real>
struct Linear {
  MatrixView<Real> weight;
  std::span<Real> bias;
};

// How a backend divides a batch: into slices of at most `slice_rows` rows, shared by `workers`.
struct Plan {
  std::size_t workers = 1;
  std::size_t slice_rows = 1;
};

// A run of consecutive rows of the batch, given to one worker.
struct Slice {
  std::size_t first = 0;    // row of the batch
  std::size_t rows = 0;     // at least 1
  std::size_t worker = 0;   // whose workspace to use
  bool accumulate = false;  // false for a worker's first slice: it overwrites the gradients
};

// The progress of training, kept on the device so that a step needs no value from the host.
struct Cursor {
  std::uint64_t step = 0;      // updates made
  std::uint64_t position = 0;  // the next batch's first sample in the order of the epoch
  std::uint64_t fault = 0;     // kNoFault, kLossFault, or kParameterFault + index: the first one
};
constexpr std::uint64_t kNoFault = 0;
constexpr std::uint64_t kLossFault = 1;       // a row's loss was not finite
constexpr std::uint64_t kParameterFault = 2;  // a parameter would have become non-finite

// Sums over the rows of a batch or data set.
struct Metrics {
  double loss = 0;         // nats
  std::uint64_t hits = 0;  // rows whose largest logit is the label's
};

// The kinds of layer input for which a backend fuses a form.
struct Fused {
  bool bytes = false;        // the first layer's input
  bool activations = false;  // the other layers' input
};

// The forms of step/layer.h that a backend fuses, as members of the same names and arguments. A
// declared form must exist, or the code does not compile; an undeclared one is composed of ops. A
// declared form must handle every rule and activation; if one cannot, step/layer.h tests for that
// beside the call.
struct FusedForms {
  Fused linear_activation = {};
  Fused linear_loss = {};
  Fused linear_gradient = {};
  bool linear_backward = false;
  bool update_and_advance = false;
  bool linear_update = false;  // and UpdatedLayer: backward and update in one (step/step.h)
  bool steps = false;          // and makes_steps: many steps in one (step/device_trainer.h)
  bool row_losses = false;     // and has_row_losses: of a whole set (step/evaluate.h)
};

// The parts of a step that are timed and named for profilers.
enum class Phase : std::size_t { none, gather, forward, backward, update };
constexpr std::size_t kPhases = 5;
using PhaseSeconds = std::array<double, kPhases>;

// Clocks of the parts of steps, by their names, as a kernel that makes whole steps counts them.
using PartClocks = std::vector<std::pair<std::string, std::uint64_t>>;

}  // namespace kilat
