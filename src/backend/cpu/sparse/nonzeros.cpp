#include "backend/cpu/sparse/nonzeros.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "backend/cpu/simd.h"
#include "backend/vectorised.h"

namespace kilat {
namespace {

constexpr std::size_t kGrain = 64;      // of rows
constexpr std::size_t kMostLanes = 16;  // read at once, so reads may go beyond the last entry

KILAT_VECTORISED std::size_t count_nonzeros(const std::uint8_t* bytes, std::size_t n) {
  std::size_t zeros = 0;
  for (std::size_t i = 0; i < n; ++i) zeros += bytes[i] == 0;
  return n - zeros;
}

struct Listing {
  const std::uint32_t* numbers;
  std::size_t n;
  float scale;
  SparseEntry* entries;
};

// Interleaves the elements of a and b: the first or the second half of the result.
template <std::size_t lanes, std::size_t half, std::size_t... i>
KILAT_INLINE Bits<lanes> by_turns(const Bits<lanes>& a, const Bits<lanes>& b,
                                  std::index_sequence<i...>) {
  return __builtin_shufflevector(a, b, (i % 2 * lanes + half * lanes / 2 + i / 2)...);
}

template <std::size_t lanes>
KILAT_INLINE void list_lanes(const std::uint32_t* numbers, float scale, SparseEntry* to) {
  using B = Bits<lanes>;
  static_assert(sizeof(SparseEntry) == 2 * sizeof(std::uint32_t));
  constexpr auto kIndices = std::make_index_sequence<lanes>();
  const B number = *reinterpret_cast<const B*>(numbers);
  const B offset = (number >> 8) * kNarrowBlock;
  const auto byte = reinterpret_cast<Mask<lanes>>(number & 0xff);
  const auto value = reinterpret_cast<B>(__builtin_convertvector(byte, Floats<lanes>) * scale);
  *reinterpret_cast<B*>(to) = by_turns<lanes, 0>(offset, value, kIndices);
  *reinterpret_cast<B*>(to + lanes / 2) = by_turns<lanes, 1>(offset, value, kIndices);
}

template <std::size_t lanes>
KILAT_INLINE void list_all(const Listing& listing) {
  const Listing a = listing;
  std::size_t i = 0;
  for (; i + lanes <= a.n; i += lanes) list_lanes<lanes>(a.numbers + i, a.scale, a.entries + i);
  if (i == a.n) return;
  SparseEntry rest[lanes];
  list_lanes<lanes>(a.numbers + i, a.scale, rest);
  std::copy_n(rest, a.n - i, a.entries + i);
}
KILAT_SIMD(list_row, list_all, Listing)

}  // namespace

std::uint32_t* list_nonzeros(const std::uint8_t* bytes, std::size_t n, std::uint32_t* to,
                             const std::uint32_t* end) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  const auto number = [&](std::size_t i) { return static_cast<std::uint32_t>(i << 8 | bytes[i]); };
  std::size_t i = 0;
  // Writes zeros too and overwrites them with the next entry: a branch for each byte would often be
  // mispredicted.
  for (; i + kWord <= n && end - to >= std::ptrdiff_t{kWord}; i += kWord) {
    std::uint64_t word;
    std::memcpy(&word, bytes + i, kWord);
    if (word == 0) continue;
#pragma GCC unroll 8
    for (std::size_t k = i; k < i + kWord; ++k) {
      *to = number(k);
      to += bytes[k] != 0;
    }
  }
  for (; i < n; ++i) {
    if (bytes[i] != 0) *to++ = number(i);
  }
  return to;
}

void Nonzeros::list_all(const std::uint8_t* bytes, std::size_t rows, std::size_t columns,
                        Team& team) {
  is_listed_ = false;
  if (columns > kMostColumns) return;
  if (begin_.size() != rows + 1) begin_ = HostBuffer<std::size_t>(rows + 1);
  team.ranges(rows, kGrain, [&](std::size_t first, std::size_t last) {
    for (std::size_t r = first; r < last; ++r) {
      begin_[r + 1] = count_nonzeros(bytes + r * columns, columns);
    }
  });
  for (std::size_t r = 0; r < rows; ++r) begin_[r + 1] += begin_[r];
  const std::size_t total = begin_[rows];
  if (total > rows * columns / kSparseShare) return;
  if (numbers_.size() < total + kMostLanes) {
    numbers_ = HostBuffer<std::uint32_t>::for_overwrite(total + kMostLanes);
  }
  std::fill_n(numbers_.data() + total, kMostLanes, 0);
  team.ranges(rows, kGrain, [&](std::size_t first, std::size_t last) {
    std::uint32_t* to = numbers_.data() + begin_[first];
    const std::uint32_t* end = numbers_.data() + begin_[last];
    for (std::size_t r = first; r < last; ++r) {
      to = list_nonzeros(bytes + r * columns, columns, to, end);
    }
  });
  is_listed_ = true;
}

void Nonzeros::list(std::size_t row, float scale, SparseEntry* entries) const {
  list_row({numbers_.data() + begin_[row], count(row), scale, entries});
}

}  // namespace kilat
