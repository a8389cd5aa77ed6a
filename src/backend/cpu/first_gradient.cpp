// dW = dzᵀ · x for a batch of bytes, and the update with it.
#include <algorithm>
#include <utility>

#include "backend/cpu/column_offsets.h"
#include "backend/cpu/exact/tiles.h"
#include "backend/cpu/gradient_part.h"
#include "backend/cpu/own_blocks.h"
#include "backend/cpu/simd.h"

namespace kilat {
namespace {

void pack(const float* dz, std::size_t stride, std::size_t rows, const UnitBlock& block,
          PackedGradient& to) {
  vectorised([&]() KILAT_INLINED_LAMBDA {
    for (std::size_t r = 0; r < rows; ++r) {
      const float* from = dz + r * stride + block.first;
      float* row = to.dz + r * block.width;
      for (std::size_t j = 0; j < block.units; ++j) {
        row[j] = from[j];
        to.sum[j] += from[j];
        to.start[j] += 0 * from[j];
      }
      for (std::size_t j = block.units; j < block.width; ++j) row[j] = 0;
    }
  });
}

PackedGradient packed(const HostMatrix<float>& dz, const UnitBlock& block, double taken,
                      HostBuffer<float>& to) {
  PackedGradient p{.dz = to.data()};
  pack(dz.row(0), dz.columns(), dz.rows(), block, p);
  if (taken == 0) return p;
  float offsets[UnitBlocks::kMost];
  column_offsets(taken, p.dz, block.width, dz.rows(), block.width, offsets);
  for (std::size_t j = 0; j < block.width; ++j) p.start[j] -= offsets[j];
  return p;
}

}  // namespace

// A thread that works alone on few units needs no bytes by feature.
bool Cpu::scatters(Form form, const Matrix& dz) const {
  return form == Form::sparse && team_->is_alone() && dz.columns() <= UnitBlocks::kGroup;
}

template <class F>
void Cpu::block_gradient(const Matrix& dz, Pixels& x, Form form, const F& f) {
  const double taken = form == Form::sparse ? x.taken() : 0;
  if (form == Form::dense) x.widened(*team_);
  if (form == Form::exact) x.feature_tiles(*team_);
  if (form == Form::whole) x.feature_fours(*team_);
  if (form == Form::sparse && !scatters(form, dz)) x.by_feature(*team_);
  const std::size_t unit = form == Form::exact ? kTileRows : 1;  // of features
  team_->meet();                                                 // dz is there
  team_->own([&](Share share) {
    bool is_first = true;
    for_own_blocks(share, unit_blocks(dz.columns()), tiles_of(x.features(), unit),
                   [&](const UnitBlock& block, std::size_t begin, std::size_t end) {
                     const PackedGradient p = packed(dz, block, taken, scratch().dz);
                     f(GradientPart{block, share, std::exchange(is_first, false), begin * unit,
                                    std::min(end * unit, x.features()), &p});
                   });
  });
}

void Cpu::input_gradient(MatrixView<float> gradient, const Matrix& dz, Pixels& x, bool accumulate) {
  if (!gradient.transposed) {
    return gemm(gradient, transpose(dz.view()), x.widened(*team_), accumulate);
  }
  const Form form = form_of(x, gradient);
  block_gradient(dz, x, form, [&](const GradientPart& part) {
    float* c = gradient.data + part.offset(x.features());
    if (scatters(form, dz)) {
      scatter_part(part, dz, x, c, accumulate);
    } else {
      store_part(part, form, dz, x, c, accumulate);
    }
  });
}

void Cpu::linear_update(const UpdatedLayer& layer, const Matrix& dz, Pixels& x,
                        const Optimizer& optimizer, const Buffer<StepCoefficients>& steps,
                        const Buffer<Cursor>& cursor) {
  if (cursor[0].fault != kNoFault) return;
  const Descent descent{optimizer, steps[cursor[0].step]};
  const Linear<float>& parameters = layer.parameters;
  if (!parameters.weight.transposed) {
    column_sum(layer.gradient.bias, dz, false);
    input_gradient(layer.gradient.weight, dz, x, false);
    return update_layer(layer, descent);
  }
  const Form form = form_of(x, parameters.weight);
  const std::size_t bias =
      static_cast<std::size_t>(parameters.bias.data() - parameters.weight.data);
  block_gradient(dz, x, form, [&](const GradientPart& part) {
    update_weights(part, form, layer, dz, x, descent);
    if (part.begin != 0) return;
    const std::size_t first = bias + part.block.first;
    update_own({{1, part.block.units},
                parameters.weight.data + first,
                part.dz->sum,
                0,
                0,
                layer.state.from(first)},
               layer.index + first, descent);
  });
}

void Cpu::update_weights(const GradientPart& part, Form form, const UpdatedLayer& layer,
                         const Matrix& dz, Pixels& x, const Descent& descent) {
  const std::size_t width = part.block.width, at = part.offset(x.features());
  float* w = layer.parameters.weight.data + at;
  if (form != Form::sparse) {
    float* gradient = layer.gradient.weight.data + at;
    store_part(part, form, dz, x, gradient, false);
    const std::size_t first = part.begin * width;
    return update_own({{1, (part.end - part.begin) * width},
                       w + first,
                       gradient + first,
                       0,
                       0,
                       layer.state.from(at + first)},
                      layer.index + at + first, descent);
  }
  std::size_t fault = kNoFaultFound;
  const void** lines = scratch().lines.data();
  const std::size_t n = part.is_first ? x.next_lines(part.share, lines, kMostLines) : 0;
  gradient_into({x.by_feature(*team_), &x.values(), part.dz->dz, width, part.dz->start, part.begin,
                 part.end, lines, n},
                UpdateTo{w, layer.state.from(at), descent, &fault});
  if (fault != kNoFaultFound) note_fault(layer.index + at + fault);
}

}  // namespace kilat
