// Where a device keeps each of a network's parameters.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <kilat/network.h>

#include "backend/unit_blocks.h"

namespace kilat {

// As in Network::parameters, except that the first weight may lie in blocks of units.
class ParameterLayout {
 public:
  ParameterLayout(std::vector<LinearShape> in_file, UnitBlocks blocks)
      : layers_(std::move(in_file)), blocks_(blocks), size_(parameter_block_size(layers_)) {
    if (blocks_.empty()) return;
    LinearShape& first = layers_[0];
    const std::size_t bias = first.weight + first.in * blocks_.width();
    shift_ = bias - first.bias;
    first.bias = bias;
    for (std::size_t l = 1; l < layers_.size(); ++l) {
      layers_[l].weight += shift_;
      layers_[l].bias += shift_;
    }
    size_ += shift_;
  }

  const std::vector<LinearShape>& layers() const { return layers_; }
  std::size_t size() const { return size_; }
  std::size_t size_in_file() const { return size_ - shift_; }
  // Whether the first weight lies otherwise than in files.
  bool moves() const { return !blocks_.empty(); }

  // Calls f(index in Network::parameters, index on the device) for every parameter.
  template <class F>
  void for_each(const F& f) const {
    const LinearShape& first = layers_[0];
    blocks_.for_each([&](const UnitBlock& b) {
      for (std::size_t k = 0; k < first.in; ++k) {
        for (std::size_t j = 0; j < b.units; ++j) {
          f(first.weight + (b.first + j) * first.in + k,
            first.weight + b.first * first.in + k * b.width + j);
        }
      }
    });
    const std::size_t moved = blocks_.empty() ? 0 : first.bias - shift_;
    for (std::size_t i = moved; i + shift_ < size_; ++i) f(i, i + shift_);
  }

  // The index in Network::parameters of a parameter on the device.
  std::size_t in_file(std::size_t on_device) const {
    std::size_t found = on_device;
    for_each([&](std::size_t file, std::size_t device) {
      if (device == on_device) found = file;
    });
    return found;
  }

 private:
  std::vector<LinearShape> layers_;
  UnitBlocks blocks_;
  std::size_t shift_ = 0;  // of everything behind the first weight
  std::size_t size_;
};

}  // namespace kilat
