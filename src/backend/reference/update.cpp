#include <cmath>

#include "backend/reference/reference.h"

namespace kilat {

void Reference::update(Buffer<double>& parameters, const Buffer<double>& gradient,
                       Buffer<double>& velocity, SgdRule rule, const Buffer<double>& rates,
                       Buffer<Cursor>& cursor) const {
  Cursor& c = cursor[0];
  if (c.fault != kNoFault) return;
  const double rate = rates[c.step];
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const double g = gradient[i] + rule.weight_decay * parameters[i];
    double direction = g;
    if (rule.momentum != 0) {
      velocity[i] = rule.momentum * velocity[i] + g;
      direction = rule.nesterov ? g + rule.momentum * velocity[i] : velocity[i];
    }
    const double next = parameters[i] - rate * direction;
    if (std::isfinite(next)) {
      parameters[i] = next;
    } else if (c.fault == kNoFault) {
      c.fault = kParameterFault + i;
    }
  }
}

}  // namespace kilat
