#include "backend/host.h"

#include <boost/sort/pdqsort/pdqsort.hpp>
#include <cmath>
#include <numeric>

#include "base/philox.h"

namespace kilat {

// Sorts key and index as one 64-bit number, so equal keys keep the order of their indices.
template <class Real>
void HostMemory<Real>::shuffle(Buffer<std::uint32_t>& order, Shuffling& keys, std::uint64_t seed,
                               std::uint32_t epoch) const {
  for (std::size_t i = 0; i < order.size(); i += 4) {
    const auto random = philox(seed, Purpose::shuffle, epoch, i / 4);
    for (std::size_t k = 0; k < std::min<std::size_t>(4, order.size() - i); ++k) {
      keys[i + k] = std::uint64_t{random[k]} << 32 | (i + k);
    }
  }
  boost::sort::pdqsort_branchless(keys.begin(), keys.end());  // allocates nothing
  std::transform(keys.begin(), keys.end(), order.begin(),
                 [](std::uint64_t k) { return static_cast<std::uint32_t>(k); });
}

template <class Real>
void HostMemory<Real>::sum_metrics(Buffer<Metrics>& metrics, std::span<const Real> loss,
                                   std::span<const std::uint8_t> hit) const {
  metrics[0].loss = std::accumulate(loss.begin(), loss.end(), 0.0);
  metrics[0].hits = std::accumulate(hit.begin(), hit.end(), std::uint64_t{0});
}

template <class Real>
void HostMemory<Real>::check_loss(Buffer<Cursor>& cursor, std::span<const Real> loss) const {
  const bool finite =
      std::all_of(loss.begin(), loss.end(), [](Real x) { return std::isfinite(x); });
  if (!finite && cursor[0].fault == kNoFault) cursor[0].fault = kLossFault;
}

template <class Real>
void HostMemory<Real>::advance(Buffer<Cursor>& cursor, std::size_t rows, std::size_t size) const {
  Cursor& c = cursor[0];
  if (c.fault != kNoFault) return;
  c.step += 1;
  c.position += rows;
  if (c.position >= size) c.position = 0;
}

template class HostMemory<float>;
template class HostMemory<double>;

}  // namespace kilat
