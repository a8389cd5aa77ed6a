#include "runtime/counters.h"

#include "runtime/arena.h"
#include "runtime/device.h"
#include "runtime/event.h"
#include "runtime/failure.h"
#include "runtime/graph.h"
#include "runtime/library.h"
#include "runtime/random.h"
#include "runtime/stream.h"

namespace emulation {

Random& schedule() {
  static Random random;
  return random;
}

void set_schedule(std::uint64_t seed) { schedule().seed(seed); }

Counters& counted() {
  static auto& counters = *new Counters;
  return counters;
}

Counters counters() { return counted(); }
void reset_counters() { counted() = {}; }

std::size_t live_allocations() {
  return device_memory().live_count() + pinned_memory().live_count();
}

std::size_t live_objects() {
  return streams().live().size() + events().live().size() + graphs().live().size() +
         graph_execs().live().size() + live_library_objects();
}

void reset() {
  reset_streams();
  events().clear();
  graphs().clear();
  graph_execs().clear();
  reset_library();
  device_memory().free_all();
  pinned_memory().free_all();
  reset_counters();
  reset_device();
  reset_failures();
  schedule() = {};
}

}  // namespace emulation
