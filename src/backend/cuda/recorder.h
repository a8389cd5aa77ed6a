// Steps as CUDA graphs: recorded once, then launched with one call.
#pragma once

#include <cstddef>
#include <map>
#include <set>

#include "backend/cuda/handles.h"

namespace kilat {

// Keyed by the number of rows, to which what is recorded belongs.
class Recorder {
 public:
  explicit Recorder(cudaStream_t stream) : stream_(stream) {}

  // Does what f queues on the stream, which is the same each time. The first time f simply runs, so
  // that what it uses is loaded and planned; the second time it is recorded; then replayed.
  template <class F>
  void replay(std::size_t rows, const F& f) {
    if (const auto recorded = recorded_.find(rows); recorded != recorded_.end()) {
      launch(recorded->second);
    } else if (warm_.insert(rows).second) {
      f();
    } else {
      launch(recorded_[rows] = record(f));
    }
  }

 private:
  template <class F>
  GraphExec record(const F& f) {
    begin();
    try {
      f();
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
  std::map<std::size_t, GraphExec> recorded_;
};

}  // namespace kilat
