#include "backend/cpu/first_layer_choice.h"

#include <algorithm>
#include <cstring>

#include "backend/cpu/cpu.h"
#include "backend/cpu/whole/product.h"

namespace kilat {
namespace {

// Bytes that are not zero, and fours of them, in every so many images.
struct Density {
  std::size_t bytes = 0, nonzeros = 0, fours = 0;
};

Density density_of(std::span<const std::uint8_t> pixels, std::size_t features) {
  constexpr std::size_t kImages = 1000;  // enough for a few percent
  Density d;
  const std::size_t count = pixels.size() / features;
  const std::size_t stride = std::max<std::size_t>(1, count / kImages);
  for (std::size_t r = 0; r < count; r += stride) {
    const std::uint8_t* row = pixels.data() + r * features;
    for (std::size_t k = 0; k < features; k += 4) {
      std::size_t there = 0;
      for (std::size_t i = k; i < std::min(k + 4, features); ++i) there += row[i] != 0;
      d.nonzeros += there;
      d.fours += there != 0;
    }
    d.bytes += features;
  }
  return d;
}

// Whether the batches are the same slices of the set in each step, whose lists are kept.
bool slices_repeat(const FirstLayerWork& work) {
  const std::size_t samples = work.pixels.size() / work.layer.in;
  const auto threads = static_cast<std::size_t>(work.threads);
  const bool are_alone = threads == 1 || samples >= Cpu::kLargeBatch * threads;
  return work.batch >= samples && !work.is_augmented && are_alone;
}

}  // namespace

// A four of bytes takes an instruction for each 16 columns of digits, a number that is not zero one
// for each 16 units. That counts where few units leave fp32's vectors empty; of wider layers both
// take about as many. Short batches do not repay the digits, which are made in each step, and
// listing a batch anew costs half as much as its products. What is mostly not zero is quicker in
// fp32: its dense products load each weight once for several rows (docs/cpu.md, "Whole numbers").
bool is_whole_quicker(const FirstLayerWork& work) {
  constexpr std::size_t kLanes = UnitBlocks::kGroup;
  if (work.layer.out > kLanes || work.layer.in > kMostFeatures) return false;
  const bool repeat = slices_repeat(work);
  if (!repeat && work.batch < Cpu::kLargeBatch) return false;
  const Density d = density_of(work.pixels, work.layer.in);
  const std::size_t vectors = Digits::columns_of(work.layer.out) / kLanes;
  const bool is_sparse = d.nonzeros * 100 <= d.bytes * kSparsePercent;
  return is_sparse && d.fours * vectors * (repeat ? 2 : 3) < d.nonzeros * 2;
}

FirstLayer quickest_first_layer(FirstLayer wanted, const FirstLayerWork& work) {
  if (wanted != FirstLayer::automatic || !has_vnni()) return wanted;
  if (first_layer_units({.first_layer = wanted}) != nullptr) return wanted;
  return is_whole_quicker(work) ? FirstLayer::whole : wanted;
}

}  // namespace kilat
