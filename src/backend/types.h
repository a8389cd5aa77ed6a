// The words that all backends share: views of device memory, and what an op is told.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace kilat {

// A dense matrix in device memory, row-major, or the transpose of one. Only the device that owns
// the memory may look through `data`.
template <class Real>
struct MatrixView {
  Real* data = nullptr;
  std::size_t rows = 0;     // of the matrix meant
  std::size_t columns = 0;  // of the matrix meant
  bool transposed = false;  // data holds [columns, rows] instead of [rows, columns]

  operator MatrixView<const Real>() const { return {data, rows, columns, transposed}; }
};

template <class Real>
MatrixView<Real> transpose(MatrixView<Real> m) {
  return {m.data, m.columns, m.rows, !m.transposed};
}

// One linear layer's tensors inside a parameter-shaped block: W [out, in] and b [out], or their
// gradients.
template <class Real>
struct Linear {
  MatrixView<Real> weight;
  std::span<Real> bias;
};

// How a backend works through a batch: in slices of at most `slice_rows`, shared out to `workers`.
struct Plan {
  std::size_t workers = 1;
  std::size_t slice_rows = 1;
};

// A run of consecutive rows of the batch, given to one worker.
struct Slice {
  std::size_t first = 0;    // row of the batch
  std::size_t rows = 0;     // at least 1
  std::size_t worker = 0;   // whose workspace to use
  bool accumulate = false;  // false for a worker's first slice: its gradients start afresh
};

// Where training stands, kept on the device so that a step takes no host value.
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

// For which inputs a backend has a fused member of a layer's form.
struct Fused {
  bool bytes = false;        // of the first layer
  bool activations = false;  // of the others
};

// The forms of step/layer.h that a backend fuses, as members of the same names and arguments. What
// it declares it must have, or it does not compile; what it does not declare is composed of ops. A
// form declared here covers every rule and activation; where one does not, the test for that stands
// in step/layer.h, beside the call.
struct FusedForms {
  Fused linear_activation = {};
  Fused linear_loss = {};
  Fused linear_gradient = {};
  bool linear_backward = false;
  bool update_and_advance = false;
  bool linear_update = false;  // and UpdatedLayer: backward and update in one (step/step.h)
};

// The parts of a step that are timed and named for profilers.
enum class Phase : std::size_t { none, gather, forward, backward, update };
constexpr std::size_t kPhases = 5;
using PhaseSeconds = std::array<double, kPhases>;

}  // namespace kilat
