#include "backend/cpu/sparse/nonzeros.h"

#include <algorithm>
#include <cstring>

#include "backend/cpu/simd.h"

namespace kilat {
namespace {

constexpr std::size_t kGrain = 64;  // of rows

std::size_t count_nonzeros(const std::uint8_t* bytes, std::size_t n) {
  return vectorised([=]() KILAT_INLINED_LAMBDA {
    std::size_t zeros = 0;
    for (std::size_t i = 0; i < n; ++i) zeros += bytes[i] == 0;
    return n - zeros;
  });
}

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
  if (total > rows * columns / 100 * kSparsePercent + rows * columns % 100 * kSparsePercent / 100)
    return;
  if (numbers_.size() < total) numbers_ = HostBuffer<std::uint32_t>::for_overwrite(total);
  team.ranges(rows, kGrain, [&](std::size_t first, std::size_t last) {
    std::uint32_t* to = numbers_.data() + begin_[first];
    const std::uint32_t* end = numbers_.data() + begin_[last];
    for (std::size_t r = first; r < last; ++r) {
      to = list_nonzeros(bytes + r * columns, columns, to, end);
    }
  });
  is_listed_ = true;
}

}  // namespace kilat
