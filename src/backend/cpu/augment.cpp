#include "backend/augmentation.h"
#include "backend/cpu/cpu.h"

namespace kilat {

void Cpu::augment(Images& to, const Images& from, const AugmentedEpoch& epoch) const {
  constexpr std::size_t kGrain = 64;  // of images
  team_->ranges(from.count(), kGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) augment_image(to.own_row(i), from.row(i), epoch, i);
  });
  list(to);
}

}  // namespace kilat
