#include "bench/phases.h"

#include <fmt/format.h>

namespace kilat {

Parts named_phases(const PhaseSeconds& seconds) {
  constexpr std::pair<Phase, const char*> kNames[] = {{Phase::gather, "gather"},
                                                      {Phase::forward, "forward"},
                                                      {Phase::backward, "backward"},
                                                      {Phase::update, "update"}};
  Parts named;
  bool join = false;  // the next to the last one named
  for (const auto& [phase, name] : kNames) {
    const double own = seconds[static_cast<std::size_t>(phase)];
    if (!named.empty() && (join || own == 0)) {
      named.back().first += fmt::format("+{}", name);
      named.back().second += own;
    } else {
      named.emplace_back(name, own);
    }
    join = named.back().second == 0;
  }
  return named;
}

Parts with_other(Parts phases, double all) {
  double named = 0;
  for (const auto& [name, seconds] : phases) named += seconds;
  phases.emplace_back("other", all - named);
  return phases;
}

}  // namespace kilat
