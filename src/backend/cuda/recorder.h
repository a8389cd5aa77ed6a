// Sequences of steps as CUDA graphs: recorded once, then launched with one call.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <utility>

#include "backend/cuda/handles.h"

namespace kilat {

// Keeps separate graphs for each number of rows. A graph holds 1, 2, 4, … or kMostSteps steps, so
// that any number of steps takes few launches.
class Recorder {
 public:
  explicit Recorder(cudaStream_t stream) : stream_(stream) {}

  static constexpr std::size_t kMostSteps = 256;

  // Runs `times` times what f queues on the stream; for a number of rows, f must always queue the
  // same work. The first time f itself runs, so that kernels are loaded and products planned. After
  // that its graphs are launched, each recorded when first needed.
  template <class F>
  void replay(std::size_t rows, std::size_t times, const F& f) {
    if (times > 0 && warm_.insert(rows).second) {
      f();
      --times;
    }
    for (std::size_t steps = kMostSteps; steps > 0; steps /= 2) {
      for (; times >= steps; times -= steps) launch(recorded(rows, steps, f));
    }
  }

 private:
  template <class F>
  const GraphExec& recorded(std::size_t rows, std::size_t steps, const F& f) {
    const std::pair key(rows, steps);
    const auto found = recorded_.find(key);
    if (found != recorded_.end()) return found->second;
    return recorded_.emplace(key, record(steps, f)).first->second;
  }
  template <class F>
  GraphExec record(std::size_t steps, const F& f) {
    begin();
    try {
      for (std::size_t i = 0; i < steps; ++i) f();
    } catch (...) {
      abandon();
      throw;
    }
    return end();
  }
  void begin();
  GraphExec end();
  void abandon() noexcept;
  void launch(const GraphExec& graph);

  cudaStream_t stream_;
  std::set<std::size_t> warm_;
  std::map<std::pair<std::size_t, std::size_t>, GraphExec> recorded_;  // of rows, steps
};

}  // namespace kilat
