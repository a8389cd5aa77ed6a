#include "backend/reference/reference.h"

namespace kilat {

void Reference::augment(Images& to, const Images& from, const AugmentedEpoch& epoch) const {
  const std::size_t features = epoch.features();
  for (std::size_t i = 0; i < from.size() / features; ++i) {
    augment_image(to.data() + i * features, from.data() + i * features, epoch, i);
  }
}

}  // namespace kilat
