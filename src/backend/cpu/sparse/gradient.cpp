#include <algorithm>

#include "backend/cpu/block_rows.h"
#include "backend/cpu/sparse/sparse.h"
#include "backend/cpu/update_rule.h"

namespace kilat {
namespace {

using Word = std::uint64_t;
constexpr std::size_t kWord = 64;

// Which of 32 bytes are not zero, bit by bit.
template <std::size_t lanes>
KILAT_INLINE std::uint32_t nonzero_bits(const std::uint8_t* bytes) {
#if defined(__x86_64__) && !defined(__clang__)
  if constexpr (lanes >= 8) {
    using Bytes = char __attribute__((vector_size(32)));
    const Bytes x = *reinterpret_cast<const Bytes*>(bytes);
    if constexpr (lanes == 16) return __builtin_ia32_ptestmb256(x, x, ~0U);
    const auto zeros = __builtin_ia32_pcmpeqb256(x, Bytes{});
    return ~static_cast<std::uint32_t>(__builtin_ia32_pmovmskb256(zeros));
  }
#endif
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < BytesByFeature::kWord; ++i) bits |= std::uint32_t{bytes[i] != 0} << i;
  return bits;
}

// Which of the bytes before `end`, at most 64, are not zero.
template <std::size_t lanes>
KILAT_INLINE Word nonzero_bits(const std::uint8_t* bytes, const std::uint8_t* end) {
  constexpr std::size_t kHalf = BytesByFeature::kWord;
  const Word low = nonzero_bits<lanes>(bytes);
  return bytes + kHalf == end ? low : low | Word{nonzero_bits<lanes>(bytes + kHalf)} << kHalf;
}

// Calls finish(feature, row of the gradient). `skips`: leaves out features that no sample has.
template <std::size_t lanes, std::size_t groups, class F>
KILAT_INLINE void gradient_rows(const SparseGradient& g, std::size_t j, bool skips,
                                const F& finish) {
  const std::size_t width = lanes == 4 ? g.width : groups * kGroup;
  const Row<lanes, groups> start = load<lanes, groups>(g.start + j);
  if (g.begin == g.end) return;
  const std::size_t lines_each = (g.line_count + g.end - g.begin - 1) / (g.end - g.begin);
  for (std::size_t k = g.begin, line = 0; k < g.end; ++k) {
    for (std::size_t n = std::min(lines_each, g.line_count - line); n > 0; --n) {
      __builtin_prefetch(g.lines[line++]);
    }
    Row<lanes, groups> sum = start;
    bool is_there = false;
    const std::uint8_t* bytes = g.x.bytes + k * g.x.stride;
    const std::uint8_t* end = bytes + g.x.stride;
    for (const float* dz = g.dz + j; bytes < end; bytes += kWord, dz += kWord * width) {
      Word bits = nonzero_bits<lanes>(bytes, end);
      is_there = is_there || bits != 0;
      for (; bits != 0; bits &= bits - 1) {
        const auto i = static_cast<std::size_t>(__builtin_ctzll(bits));
        add_product(sum, broadcast_from<lanes>(g.values->of + bytes[i]), dz + i * width);
      }
    }
    if (is_there || !skips) finish(k, sum);
  }
}

// The row's parameters begin at index `at`. Whether all stay finite is asked once for the row.
template <std::size_t lanes, Rule rule, std::size_t groups>
KILAT_INLINE void update_row(const UpdateTo& to, std::size_t at, const Row<lanes, groups>& row) {
  Row<lanes, groups> next;
  const OptimizerState<float> state = to.state.from(at);
  float* w = to.c + at;
  Floats<lanes> check = {};  // 0 · inf and 0 · NaN are NaN
#pragma GCC unroll 16
  for (std::size_t i = 0; i < row.kVectors; ++i) {
    const std::size_t j = i * lanes;
    next.v[i] = next_of<lanes, rule>(w + j, row.v[i], state.from(j), to.descent);
    check = multiply_add<lanes>(Floats<lanes>{}, next.v[i], check);
  }
  if (nonzero_lanes<lanes>(check) == 0) return store(w, next);
  float values[groups * kGroup];
  store(values, next);
  set_finite(w, values, groups * kGroup, at, *to.fault);
}

template <class To>
struct Into {
  SparseGradient g;
  To to;
};

template <std::size_t lanes>
KILAT_INLINE void store_all(const Into<StoreTo>& arguments) {
  const SparseGradient g = arguments.g;
  const StoreTo to = arguments.to;
  with_groups<lanes>(g.width, [&]<std::size_t groups>(std::size_t j) KILAT_INLINED_LAMBDA {
    gradient_rows<lanes, groups>(g, j, false,
                                 [&](std::size_t k, Row<lanes, groups> row) KILAT_INLINED_LAMBDA {
                                   float* c = to.c + k * g.width + j;
                                   if (to.accumulate) add(row, load<lanes, groups>(c));
                                   store(c, row);
                                 });
  });
}

template <std::size_t lanes>
KILAT_INLINE void update_all(const Into<UpdateTo>& arguments) {
  const SparseGradient g = arguments.g;
  const UpdateTo to = arguments.to;
  const bool skips = leaves_at_rest(to.descent.optimizer) &&
                     std::all_of(g.start, g.start + g.width, [](float x) { return x == 0; });
  with_rule(to.descent.optimizer.rule, [&]<Rule rule>() KILAT_INLINED_LAMBDA {
    with_groups<lanes>(g.width, [&]<std::size_t groups>(std::size_t j) KILAT_INLINED_LAMBDA {
      gradient_rows<lanes, groups>(
          g, j, skips, [&](std::size_t k, const Row<lanes, groups>& row) KILAT_INLINED_LAMBDA {
            update_row<lanes, rule, groups>(to, k * g.width + j, row);
          });
    });
  });
}

KILAT_SIMD(store_gradient, store_all, Into<StoreTo>)
KILAT_SIMD(update_with_gradient, update_all, Into<UpdateTo>)

template <std::size_t lanes>
KILAT_INLINE void scatter_all(const SparseScatter& arguments) {
  const SparseScatter s = arguments;
  using Sum = Row<lanes, 1>;
  for (std::size_t r = 0; r < s.rows; ++r) {
    const Sum dz = load<lanes, 1>(s.dz + r * kGroup);
    const std::size_t row = s.x.index(r);
    const std::uint32_t* end = s.x.set->end(row);
    for (const std::uint32_t* n = s.x.set->begin(row); n != end; ++n) {
      const Floats<lanes> value = broadcast_from<lanes>(s.values->of + Nonzeros::byte(*n));
      float* c = s.c + Nonzeros::column(*n) * kGroup;
#pragma GCC unroll 4
      for (std::size_t i = 0; i < Sum::kVectors; ++i) {
        auto& to = floats_at<lanes>(c + i * lanes);
        to = multiply_add<lanes>(value, dz.v[i], to);
      }
    }
  }
}

}  // namespace

void gradient_into(const SparseGradient& g, const StoreTo& to) { store_gradient({g, to}); }
void gradient_into(const SparseGradient& g, const UpdateTo& to) { update_with_gradient({g, to}); }

KILAT_SIMD(scatter, scatter_all, SparseScatter)

}  // namespace kilat
