// Events: places in a stream that others can wait for.
#pragma once

#include <chrono>
#include <memory>

#include "runtime/registry.h"
#include "runtime/stream.h"

namespace emulation {

// One record of an event: where, and when it came to pass.
struct Mark {
  Position position;
  std::chrono::steady_clock::time_point time = {};
};

}  // namespace emulation

struct CUevent_st {
  explicit CUevent_st(bool is_timed) : timed(is_timed) {}

  bool timed;
  std::shared_ptr<emulation::Mark> mark = nullptr;  // the last record; null before the first
  CUstream_st* captured = nullptr;                  // the stream whose capture recorded it last
};

namespace emulation {

Registry<CUevent_st>& events();

}  // namespace emulation
