// Augmentation: makes an epoch's images, as bytes, from those of the data set.
//
// The random draws for an image depend only on seed, epoch and the image's index, and no arithmetic
// rounds, so every device makes the same bytes. To add an augmentation, add a member to
// Augmentation, its random draws to Movement, and its code to augmented_pixel and augment_image.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <kilat/augmentation.h>

#include "backend/everywhere.h"
#include "base/philox.h"

namespace kilat {

// Identifies the images of one epoch of a run with this seed.
struct AugmentedEpoch {
  std::uint64_t seed = 0;
  Augmentation augmentation;
  std::uint32_t height = 0, width = 0;
  std::uint32_t epoch = 0;

  KILAT_EVERYWHERE std::size_t features() const { return std::size_t{height} * width; }
};

// By how many pixels an image moves.
struct Movement {
  std::int32_t down = 0, right = 0;
};

// Uniform in [−most, most], up to a bias of at most (2 most + 1) / 2³².
KILAT_EVERYWHERE std::int32_t draw_offset(std::uint32_t random, std::uint32_t most) {
  const std::uint64_t count = 2 * std::uint64_t{most} + 1;
  return static_cast<std::int32_t>(random * count >> 32) - static_cast<std::int32_t>(most);
}

KILAT_EVERYWHERE Movement movement(const AugmentedEpoch& e, std::size_t image) {
  const RandomBits random = philox(e.seed, Purpose::augment, e.epoch, image);
  return {draw_offset(random[0], e.augmentation.shift),
          draw_offset(random[1], e.augmentation.shift)};
}

// The value that most of the four corners have; the smallest of these in a tie.
KILAT_EVERYWHERE std::uint8_t background(const std::uint8_t* image, std::uint32_t height,
                                         std::uint32_t width) {
  const std::size_t last = std::size_t{height - 1} * width;
  const std::uint8_t corners[] = {image[0], image[width - 1], image[last], image[last + width - 1]};
  std::uint8_t best = 0;
  int most = 0;
  for (const std::uint8_t c : corners) {
    int count = 0;
    for (const std::uint8_t other : corners) count += other == c ? 1 : 0;
    if (count > most || (count == most && c < best)) {
      most = count;
      best = c;
    }
  }
  return best;
}

// The pixel at row y and column x of the augmented image.
KILAT_EVERYWHERE std::uint8_t augmented_pixel(const std::uint8_t* image, const AugmentedEpoch& e,
                                              Movement m, std::uint8_t background, std::uint32_t y,
                                              std::uint32_t x) {
  const std::int64_t from_y = std::int64_t{y} - m.down, from_x = std::int64_t{x} - m.right;
  const bool inside = from_y >= 0 && from_y < e.height && from_x >= 0 && from_x < e.width;
  return inside ? image[from_y * e.width + from_x] : background;
}

// Augments a whole image on the host. The movement must be smaller than height and width.
inline void augment_image(std::uint8_t* to, const std::uint8_t* from, const AugmentedEpoch& e,
                          std::size_t image) {
  const Movement m = movement(e, image);
  const std::uint8_t fill = background(from, e.height, e.width);
  const std::size_t left = m.right > 0 ? static_cast<std::size_t>(m.right) : 0;
  const std::size_t right = m.right < 0 ? static_cast<std::size_t>(-m.right) : 0;
  const std::size_t kept = e.width - left - right;
  for (std::int64_t y = 0; y < e.height; ++y, to += e.width) {
    const std::int64_t from_y = y - m.down;
    if (from_y < 0 || from_y >= e.height) {
      std::fill_n(to, e.width, fill);
      continue;
    }
    std::fill_n(to, left, fill);
    std::copy_n(from + from_y * e.width + right, kept, to + left);
    std::fill_n(to + left + kept, right, fill);
  }
}

}  // namespace kilat
