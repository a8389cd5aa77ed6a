#include "runtime/gemm.h"

#include <string>

#include "runtime/arena.h"
#include "runtime/counters.h"
#include "runtime/failure.h"

namespace emulation {

bool Gemm::check() const {
  const std::string name = call;
  if (c.extent_bytes() == 0) return true;
  if (a.columns > 0 && (overlap(a, c) || overlap(b, c))) {
    fail(name + ": C overlaps A or B");
    return false;
  }
  return check_matrix(a, name + ": A") && check_matrix(b, name + ": B") &&
         check_matrix(c, name + ": C") && alpha.check(name + ": alpha") &&
         beta.check(name + ": beta") &&
         check_range(workspace, workspace_bytes, name + ": the workspace");
}

void Gemm::run() const {
  if (!check()) return;
  ++counted().library_calls;
  std::vector<double> values =
      multiply(load(a, rounding), load(b, rounding), c.rows, c.columns, a.columns);
  const double factor = alpha.read(), kept = beta.read();
  for (double& value : values) value *= factor;
  if (kept != 0) {
    const std::vector<double> before = load(c, Rounding::none);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] += kept * before[i];
  }
  store(c, values);
  scribble(workspace, workspace_bytes);
}

}  // namespace emulation
