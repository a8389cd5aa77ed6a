#include "data/resample.h"

#include <algorithm>
#include <cmath>

namespace kilat {
namespace {

// The old pixels that make one new one: first, first + 1, …, with weights of sum 1.
struct Taps {
  std::size_t first = 0;
  std::vector<float> weights;
};

Taps averaged(std::size_t index, double scale, std::size_t from) {
  const double low = static_cast<double>(index) * scale;
  const double high = low + scale;
  Taps taps;
  taps.first = std::min(static_cast<std::size_t>(low), from - 1);
  const auto last = std::min(static_cast<std::size_t>(std::ceil(high)), from);
  for (std::size_t i = taps.first; i < std::max(last, taps.first + 1); ++i) {
    const auto at = static_cast<double>(i);
    const double covered = std::max(0.0, std::min(high, at + 1) - std::max(low, at));
    taps.weights.push_back(static_cast<float>(covered / scale));
  }
  return taps;
}

Taps interpolated(std::size_t index, double scale, std::size_t from) {
  const double centre = (static_cast<double>(index) + 0.5) * scale - 0.5;
  const double at = std::clamp(centre, 0.0, static_cast<double>(from - 1));
  Taps taps;
  taps.first = static_cast<std::size_t>(at);
  const auto second = static_cast<float>(at - std::floor(at));
  taps.weights = {1 - second};
  if (taps.first + 1 < from) taps.weights.push_back(second);
  return taps;
}

// One Taps for each of `to` new pixels along an axis of `from` old ones.
std::vector<Taps> make_taps(std::size_t from, std::size_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  std::vector<Taps> taps(to);
  for (std::size_t i = 0; i < to; ++i) {
    taps[i] = from > to ? averaged(i, scale, from) : interpolated(i, scale, from);
  }
  return taps;
}

}  // namespace

std::vector<float> resample(const GreyImage& image, const Box& box, const Levels& levels,
                            std::size_t rows, std::size_t cols) {
  const std::vector<Taps> down = make_taps(box.rows, rows);
  const std::vector<Taps> across = make_taps(box.cols, cols);
  std::vector<float> scaled(rows * cols, 0.0F);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t y = 0; y < down[r].weights.size(); ++y) {
      const std::size_t row = box.top + down[r].first + y;
      const std::uint8_t* pixels = image.pixels.data() + row * image.cols + box.left;
      for (std::size_t c = 0; c < cols; ++c) {
        float sum = 0;
        for (std::size_t x = 0; x < across[c].weights.size(); ++x) {
          sum += across[c].weights[x] * static_cast<float>(levels[pixels[across[c].first + x]]);
        }
        scaled[r * cols + c] += down[r].weights[y] * sum;
      }
    }
  }
  return scaled;
}

}  // namespace kilat
