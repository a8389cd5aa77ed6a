#include "backend/cpu/whole/whole.h"

#include <algorithm>

#include "backend/cpu/sparse/sparse.h"

namespace kilat {

void WholeScratch::reserve(std::size_t batch, std::size_t features) {
  const std::size_t digits = DigitSource::size_of(std::max(batch, features), UnitBlocks::kMost);
  if (digits_.size() < digits) digits_ = HostBuffer<std::int8_t>(digits);
  const std::size_t room = fours_of(batch + BytesByFeature::kWord);
  if (room_ < room) {
    room_ = room;
    bytes_ = HostBuffer<std::uint32_t>(kProductRows * room);
    index_ = HostBuffer<std::uint16_t>(kProductRows * room);
  }
  if (!rows.empty()) return;
  rows.resize(kProductRows + kRowsAhead);
  sums_ = HostBuffer<std::int32_t>(kProductRows * kMostDigitColumns + UnitBlocks::kGroup);
}

Digits WholeScratch::digits_of(const float* from, std::size_t depth, const UnitBlock& block) {
  const std::size_t n = block.is_only ? block.units : block.width;
  return kilat::digits_of({from, depth, block.width, n, digits_.data()});
}

void WholeScratch::list(std::size_t i, const std::uint8_t* bytes, std::size_t n) {
  rows[i] = {bytes_.data() + i * room_, index_.data() + i * room_, 0};
  list_fours({bytes, n, bytes_.data() + i * room_, index_.data() + i * room_, &rows[i].count});
}

const std::int32_t* WholeScratch::multiply(const Digits& digits, std::size_t n, std::size_t ahead) {
  kilat::multiply({rows.data(), n, ahead, digits.values, digits.columns(), sums_.data()});
  return sums_.data();
}

}  // namespace kilat
