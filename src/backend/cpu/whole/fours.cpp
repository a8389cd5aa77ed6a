#include "backend/cpu/whole/fours.h"

#include <algorithm>
#include <cstring>

#include "backend/cpu/simd.h"

namespace kilat {
namespace {

constexpr std::size_t kGrain = 64;  // of rows

template <std::size_t lanes>
KILAT_INLINE void list_row(const FourListing& arguments) {
  const FourListing l = arguments;
  std::size_t count = 0, q = 0;
#if defined(__x86_64__) && !defined(__clang__)
  // Sixteen at a time: those that are not zero move together.
  if constexpr (lanes == 16) {
    using Ints = int __attribute__((vector_size(64)));
    using Unaligned = int __attribute__((vector_size(64), aligned(1), may_alias));
    using Shorts = short __attribute__((vector_size(32)));
    using UnalignedShorts = short __attribute__((vector_size(32), aligned(1), may_alias));
    constexpr unsigned short kAll = 0xffff;
    Ints number = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    for (; 4 * q + 64 <= l.n; q += 16, number += 16) {
      const Ints bytes = *reinterpret_cast<const Unaligned*>(l.row + 4 * q);
      const unsigned short mask = __builtin_ia32_ptestmd512(bytes, bytes, kAll);
      const Ints numbers = __builtin_ia32_compresssi512_mask(number, Ints{}, mask);
      *reinterpret_cast<Unaligned*>(l.bytes + count) =
          __builtin_ia32_compresssi512_mask(bytes, Ints{}, mask);
      *reinterpret_cast<UnalignedShorts*>(l.index + count) =
          __builtin_ia32_pmovdw512_mask(numbers, Shorts{}, kAll);
      count += static_cast<std::size_t>(__builtin_popcount(mask));
    }
  }
#endif
  for (; 4 * q < l.n; ++q) {
    std::uint32_t bytes = 0;
    std::memcpy(&bytes, l.row + 4 * q, std::min<std::size_t>(4, l.n - 4 * q));
    l.bytes[count] = bytes;
    l.index[count] = static_cast<std::uint16_t>(q);
    count += bytes != 0;
  }
  *l.count = count;
}

}  // namespace

KILAT_SIMD(list_fours, list_row, FourListing)

void ListedFours::list_all(const std::uint8_t* bytes, std::size_t rows, std::size_t columns,
                           Team& team) {
  if (begin_.size() != rows + 1) begin_ = HostBuffer<std::size_t>(rows + 1);
  if (made_.size() < team.size()) made_.resize(team.size());
  const std::size_t room = fours_of(columns);
  // Calls f(row, its list), on all members.
  const auto each_row = [&](const auto& f) {
    team.ranges(rows, kGrain, [&](std::size_t first, std::size_t last) {
      Row& made = made_[team.index()];
      if (made.bytes.size() < room) {
        made.bytes = HostBuffer<std::uint32_t>(room);
        made.index = HostBuffer<std::uint16_t>(room);
      }
      std::size_t count = 0;
      for (std::size_t r = first; r < last; ++r) {
        list_fours({bytes + r * columns, columns, made.bytes.data(), made.index.data(), &count});
        f(r, Fours{made.bytes.data(), made.index.data(), count});
      }
    });
  };
  each_row([&](std::size_t r, const Fours& row) { begin_[r + 1] = row.count; });
  for (std::size_t r = 0; r < rows; ++r) begin_[r + 1] += begin_[r];
  const std::size_t total = begin_[rows];
  if (bytes_.size() < total) {
    // Images that are made anew have a little more to list now and then.
    const std::size_t size = bytes_.size() == 0 ? total : total + total / 8;
    bytes_ = HostBuffer<std::uint32_t>::for_overwrite(size);
    index_ = HostBuffer<std::uint16_t>::for_overwrite(size);
  }
  each_row([&](std::size_t r, const Fours& row) {
    std::copy_n(row.bytes, row.count, bytes_.data() + begin_[r]);
    std::copy_n(row.index, row.count, index_.data() + begin_[r]);
  });
}

}  // namespace kilat
