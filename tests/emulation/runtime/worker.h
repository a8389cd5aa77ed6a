// A fiber that runs device threads, one after another.
#pragma once

#include <memory>
#include <vector>

#include "runtime/fiber.h"

namespace emulation {

class Grid;
struct Thread;

class Worker {
 public:
  Worker() : fiber_([this] { work(); }) {}

  // The thread that it runs when it is resumed or switched to next.
  void begin(Grid& grid, Thread& thread);
  // Runs this worker, and those it switches to, until one of them suspends itself.
  void resume() { fiber_.resume(); }
  // Called on this worker's stack.
  void suspend() { fiber_.suspend(); }
  void switch_to(Worker& other) { fiber_.switch_to(other.fiber_); }
  void finish();
  const Fiber& fiber() const { return fiber_; }

 private:
  void work();

  Grid* grid_ = nullptr;
  Thread* thread_ = nullptr;
  Fiber fiber_;
};

// Workers of the calling OS thread, kept from launch to launch.
class WorkerPool {
 public:
  WorkerPool() = default;
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  ~WorkerPool();
  Worker& take();
  void give_back(Worker& worker) { idle_.push_back(&worker); }

 private:
  std::vector<std::unique_ptr<Worker>> all_;
  std::vector<Worker*> idle_;
};

WorkerPool& workers();

}  // namespace emulation
