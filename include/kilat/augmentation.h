// How the images of each epoch differ from those of the file, as data.
#pragma once

#include <cstdint>
#include <string>

namespace kilat {

struct Augmentation {
  // Each image moves by up to so many pixels, up or down and left or right, and by how many is
  // drawn anew in each epoch. What comes in is the image's ground: the value that most of its four
  // corners have, of equals the smallest.
  std::uint32_t shift = 0;

  bool is_none() const { return shift == 0; }
  std::string text() const;  // "none", "shift=2"
  // The opposite. Throws Error for other words.
  static Augmentation parse(const std::string& text);

  bool operator==(const Augmentation&) const = default;
};

}  // namespace kilat
