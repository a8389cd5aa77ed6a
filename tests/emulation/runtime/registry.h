// Handles that exist. An object that was destroyed keeps its address, so that no other takes it and
// a stale handle is known for what it is.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace emulation {

template <class T>
class Registry {
 public:
  template <class... A>
  T* add(A&&... arguments) {
    all_.push_back(std::make_unique<T>(std::forward<A>(arguments)...));
    live_.push_back(all_.back().get());
    return live_.back();
  }
  bool has(const T* handle) const {
    return std::find(live_.begin(), live_.end(), handle) != live_.end();
  }
  // False if there is no such handle.
  bool remove(const T* handle) { return std::erase(live_, handle) == 1; }
  // In the order of their creation.
  const std::vector<T*>& live() const { return live_; }
  void clear() {
    live_.clear();
    all_.clear();
  }

 private:
  std::vector<std::unique_ptr<T>> all_;
  std::vector<T*> live_;
};

}  // namespace emulation
