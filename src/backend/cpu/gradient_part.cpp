// Stores a member's part of the first layer's gradient, or adds it to what is there.
#include "backend/cpu/gradient_part.h"

#include <algorithm>

#include "backend/cpu/exact/exact_product.h"
#include "backend/cpu/rows.h"
#include "backend/cpu/small_product.h"

namespace kilat {

// Stores the part of the product, or adds it, to c: [features][width] of the block.
void Cpu::store_part(const GradientPart& part, Form form, const Matrix& dz, Pixels& x, float* c,
                     bool accumulate) {
  const std::size_t width = part.block.width, features = x.features(), rows = dz.rows();
  switch (form) {
    case Form::sparse:
      return gradient_into({x.by_feature(*team_), &x.values(), part.dz->dz, width, part.dz->start,
                            part.begin, part.end, nullptr, 0},
                           StoreTo{c, accumulate});
    case Form::dense:
      return multiply(SmallProduct{.a = x.widened(*team_).data + part.begin,
                                   .a_row = 1,
                                   .a_term = features,
                                   .b = part.dz->dz,
                                   .b_row = width,
                                   .rows = part.end - part.begin,
                                   .depth = rows,
                                   .width = width,
                                   .c = c + part.begin * width,
                                   .accumulate = accumulate});
    case Form::whole:
      return store_whole(part, dz, x, c, accumulate);
    case Form::exact:
      exact_product(
          {x.feature_tiles(*team_), x.scale(), part.dz->dz, width, part.begin / kTileRows,
           tiles_of(part.end, kTileRows)},
          *units_, scratch().exact,
          [&](std::size_t first, std::size_t n, std::size_t column, std::size_t columns,
              const float* sums) {
            add_rows(
                {{n, columns}, sums, kExactColumns, c + first * width + column, width, accumulate});
          });
  }
}

void Cpu::store_whole(const GradientPart& part, const Matrix& dz, Pixels& x, float* c,
                      bool accumulate) {
  const std::size_t width = part.block.width;
  WholeScratch& scratch = this->scratch().whole;
  const Digits digits = scratch.digits_of(part.dz->dz, dz.rows(), part.block);
  const Pixels::FeatureFours fours = x.feature_fours(*team_);
  for (std::size_t k = part.begin; k < part.end; k += kPanelRows) {
    const std::size_t left = part.end - k, n = std::min(left, kPanelRows);
    const std::size_t listed = fours.kept != nullptr ? std::min(left, scratch.rows.size()) : n;
    for (std::size_t i = 0; i < listed; ++i) {
      if (fours.kept != nullptr) {
        scratch.rows[i] = fours.kept->row(k + i);
      } else {
        scratch.list(i, fours.bytes.bytes + (k + i) * fours.bytes.stride, fours.bytes.stride);
      }
    }
    const auto sums = scratch.multiply(digits, n, listed - n);
    whole_gradients(
        {sums, n, &digits, part.block.units, width, x.normalisation(), c + k * width, accumulate});
  }
}

void Cpu::scatter_part(const GradientPart& part, const Matrix& dz, const Pixels& x, float* c,
                       bool accumulate) {
  constexpr std::size_t kWidth = UnitBlocks::kGroup;
  const float* start = part.dz->start;
  const bool starts_at_zero = std::all_of(start, start + kWidth, [](float v) { return v == 0; });
  if (!accumulate || !starts_at_zero) {
    add_rows({{x.features(), kWidth}, start, 0, c, kWidth, accumulate});
  }
  scatter({x.listed(), &x.values(), part.dz->dz, dz.rows(), c});
}

}  // namespace kilat
