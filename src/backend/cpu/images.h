// A data set's pixels on the CPU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "backend/cpu/sparse/nonzeros.h"
#include "backend/cpu/team.h"

namespace kilat {

// Bytes, [rows, features], where they lie, and those of them that are not zero.
class CpuImages {
 public:
  CpuImages() = default;
  CpuImages(std::span<const std::uint8_t> bytes, std::size_t features)
      : bytes_(bytes), features_(features) {}

  void list_nonzeros(Team& team) {
    nonzeros_ = Nonzeros(bytes_.data(), bytes_.size() / features_, features_, team);
  }

  const std::uint8_t* row(std::size_t i) const { return bytes_.data() + i * features_; }
  const Nonzeros& nonzeros() const { return nonzeros_; }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t features_ = 0;
  Nonzeros nonzeros_;
};

}  // namespace kilat
