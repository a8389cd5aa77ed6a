// A layer of few outputs after another layer: the loss of a last one, and in small batches gradient
// and update of any. Members make the products themselves, each with rows or inputs of its own.
#include <algorithm>

#include "backend/cpu/column_sum.h"
#include "backend/cpu/cpu.h"
#include "backend/cpu/rows.h"
#include "backend/cpu/small_product.h"

namespace kilat {
namespace {

constexpr std::size_t kGroup = UnitBlocks::kGroup;
bool is_small(std::size_t outputs) { return outputs <= UnitBlocks::kMost; }
std::size_t padded(std::size_t n) { return UnitBlocks::groups_of(n) * kGroup; }

// Calls f(first, n) for a member's share of columns, in runs of at most kMost. Members' shares
// begin at multiples of a group.
template <class F>
void for_own_columns(const Share& share, std::size_t columns, const F& f) {
  const std::size_t groups = UnitBlocks::groups_of(columns);
  const std::size_t end = std::min(share.end(groups) * kGroup, columns);
  for (std::size_t j = share.begin(groups) * kGroup; j < end; j += UnitBlocks::kMost) {
    f(j, std::min(UnitBlocks::kMost, end - j));
  }
}

// Columns [first, first + n) of a weight as rows of padded(n) numbers that end with zeros: what
// lies behind them in a row belongs to others, who may change it.
void copy_columns(MatrixView<const float> weight, std::size_t first, std::size_t n, float* to) {
  for (std::size_t i = 0; i < weight.rows; ++i) {
    float* row = to + i * padded(n);
    std::copy_n(weight.data + i * weight.columns + first, n, row);
    std::fill(row + n, row + padded(n), 0.0F);
  }
}

}  // namespace

void Cpu::linear_loss(Matrix& dz, const Matrix& x, const Linear<const float>& layer,
                      std::span<const std::uint8_t> y, std::size_t n, std::span<float> loss,
                      std::span<std::uint8_t> hit) {
  const std::size_t outputs = dz.columns();
  if (!is_small(outputs)) {
    gemm(dz, x.view(), transpose(layer.weight));
    return softmax_cross_entropy(dz, layer.bias, y, n, loss, hit);
  }
  set_rows(dz, x.rows());
  team_->own([&](Share share) {
    const std::size_t begin = share.begin(x.rows()), end = share.end(x.rows());
    multiply(DotProducts{.a = x.row(begin),
                         .b = layer.weight.data,
                         .rows = end - begin,
                         .columns = outputs,
                         .depth = x.columns(),
                         .c = dz.row(begin)});
    cross_entropy_rows(dz, begin, end, layer.bias, y, n, loss, hit);
  });
}

void Cpu::linear_backward(Matrix& dx, const Matrix& dz, const Matrix& x,
                          const Linear<const float>& layer, const Activation& f) {
  team_->meet();  // dz, and the number of its rows, may be another layer's dx
  if (!is_small(dz.columns())) {
    gemm(dx, dz.view(), layer.weight);
    return activation_backward(dx, x, f);
  }
  set_rows(dx, dz.rows());
  team_->own([&](Share share) {
    const std::size_t outputs = dz.columns(), inputs = dx.columns();
    float* da = scratch().panel.data();
    for_own_columns(share, inputs, [&](std::size_t j, std::size_t n) {
      float rest[UnitBlocks::kMost * UnitBlocks::kMost];
      const bool is_whole = n % kGroup == 0;
      if (!is_whole) copy_columns(layer.weight, j, n, rest);
      for (std::size_t r = 0; r < dz.rows(); r += kPanelRows) {
        const std::size_t rows = std::min(dz.rows() - r, kPanelRows);
        multiply(SmallProduct{.a = dz.row(r),
                              .a_row = outputs,
                              .b = is_whole ? layer.weight.data + j : rest,
                              .b_row = is_whole ? inputs : padded(n),
                              .rows = rows,
                              .depth = outputs,
                              .width = padded(n),
                              .c = da});
        activation_backward_rows(
            {{rows, n}, da, padded(n), x.row(r) + j, dx.row(r) + j, inputs, f});
      }
    });
  });
}

void Cpu::linear_update(const UpdatedLayer& layer, const Matrix& dz, const Matrix& x,
                        const Optimizer& optimizer, const Buffer<StepCoefficients>& steps,
                        const Buffer<Cursor>& cursor) {
  if (cursor[0].fault != kNoFault) return;
  const Descent descent{optimizer, steps[cursor[0].step]};
  if (!is_small(dz.columns())) {
    column_sum(layer.gradient.bias, dz, false);
    gemm(layer.gradient.weight, transpose(dz.view()), x.view(), false);
    return update_layer(layer, descent);
  }
  // dz is there: linear_backward has waited for it.
  team_->own([&](Share share) {
    const std::size_t outputs = dz.columns(), inputs = x.columns();
    float* w = layer.parameters.weight.data;
    float* gradient = scratch().panel.data();
    for_own_columns(share, inputs, [&](std::size_t j, std::size_t n) {
      multiply(SmallProduct{.a = dz.row(0),
                            .a_row = 1,
                            .a_term = outputs,
                            .b = x.row(0) + j,
                            .b_row = inputs,
                            .rows = outputs,
                            .depth = dz.rows(),
                            .width = padded(n),
                            .c = gradient});
      update_own({{outputs, n}, w + j, gradient, inputs, padded(n), layer.state.from(j)},
                 layer.index + j, descent);
    });
    if (share.index == share.count - 1) {
      float sum[UnitBlocks::kMost] = {};
      add_columns({sum, dz.row(0), dz.rows(), outputs, 0, outputs});
      const auto bias = static_cast<std::size_t>(layer.parameters.bias.data() - w);
      update_own({{1, outputs}, w + bias, sum, 0, 0, layer.state.from(bias)}, layer.index + bias,
                 descent);
    }
  });
}

}  // namespace kilat
