// A block's shared memory: the thread-local image of its kernel's object, and the dynamic part.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "runtime/guarded_pages.h"
#include "runtime/symbols.h"

namespace emulation {

// Fresh memory holds this byte: as float, double and bfloat16 it is NaN.
constexpr unsigned char kPoison = 0xff;

class SharedMemory {
 public:
  SharedMemory(const void* kernel, std::size_t dynamic_bytes);

  // A block begins: nothing is used yet, the dynamic part is fresh.
  void begin();
  // The block comes to a __shared__ variable: the image is made fresh, if it is the first.
  void use();
  // Null if the launch gave it no bytes.
  void* dynamic() const { return dynamic_.data(); }
  std::size_t dynamic_bytes() const { return dynamic_.size(); }
  // What has been written that is no variable's, in words; else "". A write far outside, into
  // another variable, is not found.
  std::string find_damage() const;

  // Blocks that run at the same time take turns in the image.
  void save();
  void load();

 private:
  const Object& object_;
  GuardedPages dynamic_;
  bool used_ = false;
  std::vector<unsigned char> saved_;
};

}  // namespace emulation
