// What sums of bytes and digits mean.
#include "backend/cpu/whole/product.h"

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace kilat {
namespace {

// Subnormal numbers are numbers while it lives, in the thread that made it.
class SubnormalsKept {
 public:
#if defined(__SSE2__)
  SubnormalsKept() : before_(_mm_getcsr()) { _mm_setcsr(before_ & ~kFlush); }
  ~SubnormalsKept() { _mm_setcsr(before_); }

 private:
  static constexpr unsigned kFlush = 0x8040;
  unsigned before_;

 public:
#else
  SubnormalsKept() = default;
#endif
  SubnormalsKept(const SubnormalsKept&) = delete;
  SubnormalsKept& operator=(const SubnormalsKept&) = delete;
};

constexpr std::size_t kGroup = UnitBlocks::kGroup;

// Calls f(where results go, column, totals of digits) for 16 columns at a time. Totals beyond n
// mean nothing.
template <class F>
KILAT_INLINE void each_total(const WholeRows& w, const F& f) {
  const std::size_t n = w.digits->n, columns = w.digits->columns();
  for (std::size_t r = 0; r < w.count; ++r) {
    for (std::size_t j = 0; j < w.width; j += kGroup) {
      const std::int32_t* s = w.sums + r * columns + j;
      std::int64_t totals[kGroup];
      for (std::size_t i = 0; i < kGroup; ++i) {
        totals[i] = s[i] + s[n + i] * std::int64_t{1 << 8} + s[2 * n + i] * std::int64_t{1 << 16};
      }
      f(w.to + r * w.width + j, j, totals);
    }
  }
}

}  // namespace

void whole_logits(const WholeRows& rows) {
  const SubnormalsKept kept;
  const std::int64_t shift = whole_shift(rows.normalisation.shift);
  float factor[UnitBlocks::kMost];
  for (std::size_t j = 0; j < rows.width; ++j) {
    factor[j] =
        j < rows.units ? whole_logit_factor(rows.digits->scale[j], rows.normalisation.scale) : 0;
  }
  vectorised([&]() KILAT_INLINED_LAMBDA {
    each_total(rows, [&](float* z, std::size_t j, const std::int64_t* totals) KILAT_INLINED_LAMBDA {
      const std::int64_t* sums = rows.digits->sum + j;
      for (std::size_t i = 0; i < kGroup; ++i) {
        z[i] = whole_logit(totals[i], sums[i], shift, factor[j + i]);
      }
    });
  });
}

void whole_gradients(const WholeRows& rows) {
  const SubnormalsKept kept;
  const float shift = rows.normalisation.shift;
  float factor[UnitBlocks::kMost], sums[UnitBlocks::kMost];
  for (std::size_t j = 0; j < rows.width; ++j) {
    factor[j] = j < rows.units ? rows.digits->scale[j].from * rows.normalisation.scale : 0;
    sums[j] = static_cast<float>(rows.digits->sum[j]);
  }
  vectorised([&]() KILAT_INLINED_LAMBDA {
    each_total(rows, [&](float* g, std::size_t j, const std::int64_t* totals) KILAT_INLINED_LAMBDA {
      for (std::size_t i = 0; i < kGroup; ++i) {
        const float product =
            whole_gradient(static_cast<float>(totals[i]), sums[j + i], shift, factor[j + i]);
        g[i] = rows.accumulate ? g[i] + product : product;
      }
    });
  });
}

}  // namespace kilat
