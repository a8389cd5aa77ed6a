// Random changes to the training images, made anew in each epoch, as data.
#pragma once

#include <cstdint>
#include <string>

namespace kilat {

struct Augmentation {
  // In each epoch every image is moved by a random number of pixels, up to this many, up or down
  // and left or right. The pixels that move in have the image's background: the value that most of
  // its four corners have, the smallest in a tie.
  std::uint32_t shift = 0;

  bool is_none() const { return shift == 0; }
  std::string text() const;  // "none", "shift=2"
  // The inverse of text(). Throws Error for any other text.
  static Augmentation parse(const std::string& text);

  bool operator==(const Augmentation&) const = default;
};

}  // namespace kilat
