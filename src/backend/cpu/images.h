// A data set's pixels on the CPU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "backend/cpu/sparse/nonzeros.h"
#include "backend/cpu/team.h"
#include "backend/cpu/whole/fours.h"

namespace kilat {

// Bytes, [count, features], owned or referred to in place, and a list of those that are not zero,
// one by one or by fours.
class CpuImages {
 public:
  CpuImages() = default;
  CpuImages(std::span<const std::uint8_t> bytes, std::size_t features)
      : bytes_(bytes), features_(features) {}

  // Owns memory for `count` images, uninitialised.
  CpuImages(std::size_t count, std::size_t features)
      : own_(HostBuffer<std::uint8_t>::for_overwrite(count * features)),
        bytes_(own_.data(), own_.size()),
        features_(features) {}

  void list_nonzeros(Team& team) { nonzeros_.list_all(bytes_.data(), count(), features_, team); }
  void list_fours(Team& team) { fours_.list_all(bytes_.data(), count(), features_, team); }

  // Whether the bytes stay as they are.
  bool is_fixed() const { return own_.size() == 0; }

  std::size_t count() const { return bytes_.size() / features_; }
  std::uint8_t* own_row(std::size_t i) { return own_.data() + i * features_; }

  const std::uint8_t* row(std::size_t i) const { return bytes_.data() + i * features_; }
  const Nonzeros& nonzeros() const { return nonzeros_; }
  const ListedFours& fours() const { return fours_; }

 private:
  HostBuffer<std::uint8_t> own_;
  std::span<const std::uint8_t> bytes_;
  std::size_t features_ = 0;
  Nonzeros nonzeros_;
  ListedFours fours_;
};

}  // namespace kilat
