#include "backend/cpu/whole/digits.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace kilat {
namespace {

constexpr std::size_t kGroup = UnitBlocks::kGroup;

// The scales of 16 columns.
void find_scales(const DigitSource& s, std::size_t j, Digits& digits) {
  std::uint32_t largest[kGroup] = {};  // as bits, of which a NaN has the most
  vectorised([&]() KILAT_INLINED_LAMBDA {
    for (std::size_t k = 0; k < s.depth; ++k) {
      for (std::size_t i = 0; i < kGroup; ++i) {
        largest[i] = std::max(largest[i], bits_of(std::fabs(s.from[k * s.width + j + i])));
      }
    }
  });
  for (std::size_t i = 0; i < kGroup; ++i) digits.scale[j + i] = whole_scale(float_of(largest[i]));
}

// The digits of 16 columns, of four rows.
struct Group {
  std::uint32_t digit[kDigits][kGroup];
};

// The digits of four rows of 16 columns, one row's beside the other's, and sums of the numbers.
KILAT_INLINE void take_four(const float* const* rows, const float* to, Group& g,
                            std::int32_t* sums) {
  const float *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3];
  for (std::size_t i = 0; i < kGroup; ++i) {
    const WholeScale scale{to[i], 0};
    const std::int32_t mask = to[i] == 0 ? 0 : -1;
    const std::int32_t va = whole(a[i], scale) & mask, vb = whole(b[i], scale) & mask;
    const std::int32_t vc = whole(c[i], scale) & mask, vd = whole(d[i], scale) & mask;
    sums[i] += va + vb + vc + vd;
    const std::uint32_t da = digits(va), db = digits(vb), dc = digits(vc), dd = digits(vd);
    // Bytes 0 and 2, and bytes 1 and 3, of two rows side by side.
    constexpr std::uint32_t kEven = 0x00ff00ff, kOdd = 0xff00ff00;
    const std::uint32_t even_ab = (da & kEven) | (db & kEven) << 8;
    const std::uint32_t even_cd = (dc & kEven) | (dd & kEven) << 8;
    const std::uint32_t odd_ab = (da & kOdd) >> 8 | (db & kOdd);
    const std::uint32_t odd_cd = (dc & kOdd) >> 8 | (dd & kOdd);
    g.digit[0][i] = (even_ab & 0xffff) | even_cd << 16;
    g.digit[1][i] = (odd_ab & 0xffff) | odd_cd << 16;
    g.digit[2][i] = even_ab >> 16 | (even_cd & 0xffff0000);
  }
}

constexpr std::size_t kRun = 256;  // rows whose whole numbers' sum fits into 32 bits

// Columns j to j + 15. If n is below 16, what is stored beyond column n is overwritten by the next
// digit, or by the next four.
void make_digits(const DigitSource& s, std::size_t j, Digits& digits) {
  float to[kGroup];
  for (std::size_t i = 0; i < kGroup; ++i) to[i] = digits.scale[j + i].to;
  const std::size_t stride = Digits::columns_of(s.n) * 4;
  static constexpr float kZeros[kGroup] = {};
  vectorised([&]() KILAT_INLINED_LAMBDA {
    for (std::size_t first = 0; first < s.depth; first += kRun) {
      std::int32_t sums[kGroup] = {};
      const std::size_t last = std::min(s.depth, first + kRun);
      for (std::size_t k = first; k < last; k += 4) {
        const float* rows[4];
        for (std::size_t r = 0; r < 4; ++r) {
          rows[r] = k + r < last ? s.from + (k + r) * s.width + j : kZeros;
        }
        Group g;
        take_four(rows, to, g, sums);
        std::int8_t* four = s.to + k / 4 * stride + j * 4;
        for (std::size_t d = 0; d < kDigits; ++d) {
          std::memcpy(four + d * s.n * 4, g.digit[d], sizeof g.digit[d]);
        }
      }
      for (std::size_t i = 0; i < kGroup; ++i) digits.sum[j + i] += sums[i];
    }
  });
}

}  // namespace

Digits digits_of(const DigitSource& s) {
  Digits digits;
  digits.n = s.n;
  digits.values = s.to;
  for (std::size_t j = 0; j < s.n; j += kGroup) find_scales(s, j, digits);
  for (std::size_t j = 0; j < s.n; j += kGroup) make_digits(s, j, digits);
  return digits;
}

}  // namespace kilat
