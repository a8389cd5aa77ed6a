// Threads of the host use the device in turn, a call at a time.
#pragma once

#include <mutex>

namespace emulation {

// Held for as long as a call lasts; a call may make others.
class Turn {
 public:
  Turn() : lock_(mutex()) {}

 private:
  static std::recursive_mutex& mutex() {
    static std::recursive_mutex one;
    return one;
  }
  const std::lock_guard<std::recursive_mutex> lock_;
};

}  // namespace emulation
