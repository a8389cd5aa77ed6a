// The CPU backend: float, oneDNN for dense products, its own loops for everything else.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include <kilat/dataset.h>
#include <kilat/recipe.h>

#include "backend/augmentation.h"
#include "backend/cpu/finish.h"
#include "backend/cpu/pixels.h"
#include "backend/cpu/rows.h"
#include "backend/cpu/scratch.h"
#include "backend/cpu/team.h"
#include "backend/host.h"
#include "backend/types.h"

namespace kilat {

class GemmCache;

struct CpuOptions {
  int threads = 1;
  FirstLayer first_layer = FirstLayer::automatic;
  const Bf16Units* units = best_bf16_units();  // for exact bytes; null: there are none
};

// The bf16 units to use for the first layer's products; null means fp32. Throws Error if
// FirstLayer::exact is asked for and there are none.
const Bf16Units* first_layer_units(const CpuOptions& options);

class Cpu : public HostMemory<float> {
 public:
  using Images = CpuImages;
  using Pixels = CpuPixels;

  // What linear_update updates: a layer's parameters, and the corresponding parts of the
  // optimizer's state and of the gradient.
  struct UpdatedLayer {
    Linear<float> parameters;
    OptimizerState<float> state;  // of the weight's first number
    Linear<float> gradient;       // scratch
    std::size_t index = 0;        // of the weight's first number in the block
  };

  // From so many samples for each thread on, a batch is several slices.
  static constexpr std::size_t kLargeBatch = 512;

  static constexpr FusedForms kFused{.linear_activation = {.bytes = true},
                                     .linear_loss = {.activations = true},
                                     .linear_backward = true,
                                     .linear_update = true};

  // At least 1 thread. Only the constructing thread may use the Cpu. While the Cpu lives, subnormal
  // numbers are flushed to zero in that thread and in the Cpu's own: they would slow the arithmetic
  // down tenfold.
  explicit Cpu(const CpuOptions& options);
  explicit Cpu(int threads) : Cpu(CpuOptions{.threads = threads}) {}
  ~Cpu();
  Cpu(const Cpu&) = delete;
  Cpu& operator=(const Cpu&) = delete;

  // The first layer's weights are stored by feature, so that a zero pixel means a row of weights
  // that can be skipped. Each member owns blocks of units, unless they are too few: then members
  // share every block.
  UnitBlocks unit_blocks(std::size_t units) const;

  Images images(std::span<const std::uint8_t> bytes, std::size_t features);
  Images empty_images(std::size_t count, std::size_t features) const { return {count, features}; }
  Pixels pixels(std::size_t capacity, std::size_t features, Normalisation normalisation);

  // A batch with several hundred rows for each thread is cut into slices that stay in cache, and
  // each thread works on its own slices. A smaller one is a single slice, and threads divide ops.
  Plan plan(std::size_t rows) const;
  template <class F>
  std::size_t slices(Plan plan, std::size_t rows, const F& f) const;

  // All members of the team run the steps together, each with its share of every op.
  template <class F>
  void replay(std::size_t /*rows*/, std::size_t times, const F& f) {
    team_->together([&](Share) {
      for (std::size_t i = 0; i < times; ++i) f();
    });
  }

  // A thread that works on its own slices records its own time, weighted by 1 / threads.
  void mark(Phase phase);

  void augment(Images& to, const Images& from, const AugmentedEpoch& epoch) const;
  void gather(Pixels& x, std::span<std::uint8_t> y, const Images& images,
              std::span<const std::uint8_t> labels, const Buffer<std::uint32_t>& order,
              const Buffer<Cursor>& cursor, Slice slice);
  void input_gemm(Matrix& z, Pixels& x, MatrixView<const float> weight);
  void input_gradient(MatrixView<float> gradient, const Matrix& dz, Pixels& x, bool accumulate);
  void gemm(MatrixView<float> c, MatrixView<const float> a, MatrixView<const float> b,
            bool accumulate);
  void gemm(Matrix& c, MatrixView<const float> a, MatrixView<const float> b);
  void bias_activation(Matrix& z, std::span<const float> bias, const Activation& f) const;
  void softmax(Matrix& z, std::span<const float> bias) const;
  void softmax_cross_entropy(Matrix& z, std::span<const float> bias,
                             std::span<const std::uint8_t> y, std::size_t n, std::span<float> loss,
                             std::span<std::uint8_t> hit) const;
  void activation_backward(Matrix& dz, const Matrix& a, const Activation& f) const;
  void column_sum(std::span<float> sum, const Matrix& dz, bool accumulate) const;
  void mark_active(std::span<std::uint8_t> active, const Matrix& a) const;
  void sum_blocks(std::span<Buffer<float>> blocks, std::size_t n) const;
  void check_loss(Buffer<Cursor>& cursor, std::span<const float> loss);
  void update(Buffer<float>& parameters, const Buffer<float>& gradient,
              const OptimizerState<float>& state, const Optimizer& optimizer,
              const Buffer<StepCoefficients>& steps, Buffer<Cursor>& cursor);
  void advance(Buffer<Cursor>& cursor, std::size_t rows, std::size_t size);

  // Fused forms (step/layer.h).
  void linear_activation(Matrix& a, Pixels& x, const Linear<const float>& layer,
                         const Activation& f);
  void linear_loss(Matrix& dz, const Matrix& x, const Linear<const float>& layer,
                   std::span<const std::uint8_t> y, std::size_t n, std::span<float> loss,
                   std::span<std::uint8_t> hit);
  void linear_backward(Matrix& dx, const Matrix& dz, const Matrix& x,
                       const Linear<const float>& layer, const Activation& f);
  void linear_update(const UpdatedLayer& layer, const Matrix& dz, Pixels& x,
                     const Optimizer& optimizer, const Buffer<StepCoefficients>& steps,
                     const Buffer<Cursor>& cursor);
  void linear_update(const UpdatedLayer& layer, const Matrix& dz, const Matrix& x,
                     const Optimizer& optimizer, const Buffer<StepCoefficients>& steps,
                     const Buffer<Cursor>& cursor);

 private:
  // Lists what products with the images need.
  void list(Images& images) const;
  void set_rows(Matrix& m, std::size_t rows) const {
    if (team_->leads()) m.set_rows(rows);
  }
  // How products with x are computed. All but dense need the first layer's weights in blocks.
  enum class Form { dense, sparse, exact, whole };
  Form form_of(Pixels& x, MatrixView<const float> weight) {
    if (!weight.transposed) return Form::dense;
    if (units_ != nullptr) return Form::exact;
    if (is_whole_) return Form::whole;
    return x.is_sparse() ? Form::sparse : Form::dense;
  }
  // z = x · Wᵀ where W is stored in blocks. f(Panel) gets the sums, on all members.
  struct Panel;
  template <class F>
  void block_product(Matrix& z, Pixels& x, MatrixView<const float> weight, const F& f);
  template <class F>
  void multiply_sparse(Pixels& x, const float* w, const UnitBlock& block, std::size_t begin,
                       std::size_t end, const F& f);
  template <class F>
  void multiply_dense(Pixels& x, const float* w, const UnitBlock& block, std::size_t begin,
                      std::size_t end, const F& f);
  template <class F>
  void multiply_exact(Pixels& x, const float* w, const UnitBlock& block, std::size_t begin,
                      std::size_t end, const F& f);
  template <class F>
  void multiply_whole(const Pixels& x, const float* w, const UnitBlock& block, std::size_t begin,
                      std::size_t end, const F& f);
  // dzᵀ · x likewise. f(GradientPart) computes a member's part and stores it or updates with it.
  struct GradientPart;
  template <class F>
  void block_gradient(const Matrix& dz, Pixels& x, Form form, const F& f);
  bool scatters(Form form, const Matrix& dz) const;
  void store_part(const GradientPart& part, Form form, const Matrix& dz, Pixels& x, float* c,
                  bool accumulate);
  void store_whole(const GradientPart& part, const Matrix& dz, Pixels& x, float* c,
                   bool accumulate);
  void scatter_part(const GradientPart& part, const Matrix& dz, const Pixels& x, float* c,
                    bool accumulate);
  void update_weights(const GradientPart& part, Form form, const UpdatedLayer& layer,
                      const Matrix& dz, Pixels& x, const Descent& descent);
  void update_own(const ParameterRows& rows, std::size_t index, const Descent& descent);

  static void cross_entropy_rows(Matrix& z, std::size_t begin, std::size_t end,
                                 std::span<const float> bias, std::span<const std::uint8_t> y,
                                 std::size_t n, std::span<float> loss, std::span<std::uint8_t> hit);
  void note_fault(std::size_t parameter);
  void settle_faults(Buffer<Cursor>& cursor);
  void update_layer(const UpdatedLayer& layer, const Descent& descent);
  void update_range(float* parameters, const float* gradient, const OptimizerState<float>& state,
                    std::size_t first, std::size_t n, const Descent& descent);

  Scratch& scratch() { return scratch_[team_->index()]; }

  std::unique_ptr<Team> team_;
  unsigned caller_mxcsr_;                             // MXCSR before this object
  std::vector<std::unique_ptr<GemmCache>> products_;  // one a thread
  std::vector<Scratch> scratch_;                      // likewise
  const Bf16Units* units_;                            // of the first layer's products, or null
  bool is_whole_;                                     // whether they are of whole numbers
  static constexpr std::size_t kNoFaultFound = std::numeric_limits<std::size_t>::max();
  std::atomic<bool> loss_is_bad_ = false;
  std::atomic<std::size_t> first_fault_;  // the first parameter that would have become non-finite
};

template <class F>
std::size_t Cpu::slices(Plan plan, std::size_t rows, const F& f) const {
  // As many slices for one worker as for another, if there is one for each.
  const std::size_t least = (rows + plan.slice_rows - 1) / plan.slice_rows;
  const std::size_t workers = std::min(plan.workers, least);
  const std::size_t count =
      workers == 0 ? 0 : std::min((least + workers - 1) / workers * workers, rows);
  const auto work = [&](std::size_t worker) {
    const std::size_t begin = count * worker / workers;
    const std::size_t end = count * (worker + 1) / workers;
    for (std::size_t s = begin; s < end; ++s) {
      const std::size_t first = rows * s / count;
      f(Slice{first, rows * (s + 1) / count - first, worker, s != begin});
    }
  };
  if (plan.workers == 1) {
    if (workers == 1) work(0);  // every member runs this, with its share of each op
  } else if (workers != 0) {
    team_->apart([&](std::size_t w) {
      if (w < workers) work(w);
    });
  }
  return workers;
}

}  // namespace kilat
