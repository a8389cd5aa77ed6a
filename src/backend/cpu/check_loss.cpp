#include <algorithm>
#include <cmath>

#include "backend/cpu/cpu.h"

namespace kilat {

void Cpu::check_loss(Buffer<Cursor>& cursor, std::span<const float> loss) {
  constexpr std::size_t kGrain = 4096;
  const auto check = [&](std::size_t begin, std::size_t end) {
    const bool finite = std::all_of(loss.begin() + begin, loss.begin() + end,
                                    [](float x) { return std::isfinite(x); });
    if (!finite) loss_is_bad_ = true;
  };
  const bool is_small = loss.size() <= kGrain;
  if (!is_small) team_->ranges(loss.size(), kGrain, check);
  team_->once([&] {
    if (is_small) check(0, loss.size());
    if (loss_is_bad_.exchange(false) && cursor[0].fault == kNoFault) cursor[0].fault = kLossFault;
  });
}

}  // namespace kilat
