// A fiber that runs device threads, one after another until one of them waits.
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

  // Runs `thread`, and further ones that have not begun. Returns when one waits, or when there is
  // none left to begin: then the worker is idle().
  void run(Grid& grid, Thread& thread);
  bool idle() const { return thread_ == nullptr; }
  // Called on this worker's stack: goes back to run(), with the thread kept.
  void suspend() { fiber_.suspend(); }
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
