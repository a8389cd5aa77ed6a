// A team member's scratch memory for products in whole numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "backend/cpu/whole/product.h"

namespace kilat {

struct WholeScratch {
  std::vector<Fours> rows;

  // For products with [features, units] of batches of up to `batch` rows.
  void reserve(std::size_t batch, std::size_t features);
  // Of a block's numbers, [depth][block.width]. They stay until the next call.
  Digits digits_of(const float* from, std::size_t depth, const UnitBlock& block);
  // Lists n bytes as rows[i].
  void list(std::size_t i, const std::uint8_t* bytes, std::size_t n);
  // The sums of rows[0] to rows[n − 1]; `ahead` more are there.
  const std::int32_t* multiply(const Digits& digits, std::size_t n, std::size_t ahead);

 private:
  HostBuffer<std::int8_t> digits_;
  HostBuffer<std::int32_t> sums_;
  HostBuffer<std::uint32_t> bytes_;  // [kProductRows][room_], of list()
  HostBuffer<std::uint16_t> index_;
  std::size_t room_ = 0;
};

}  // namespace kilat
