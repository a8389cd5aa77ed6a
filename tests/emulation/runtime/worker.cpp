#include "runtime/worker.h"

#include "runtime/grid.h"

namespace emulation {

void Worker::begin(Grid& grid, Thread& thread) {
  grid_ = &grid;
  thread_ = &thread;
}

void Worker::finish() {
  grid_ = nullptr;
  fiber_.resume();
}

void Worker::work() {
  while (grid_ != nullptr) {
    grid_->run_body(*thread_, *this);
    workers().give_back(*this);
    grid_->leave(*this);
  }
}

WorkerPool::~WorkerPool() {
  for (Worker* worker : idle_) worker->finish();
}

Worker& WorkerPool::take() {
  if (idle_.empty()) {
    all_.push_back(std::make_unique<Worker>());
    return *all_.back();
  }
  Worker* worker = idle_.back();
  idle_.pop_back();
  return *worker;
}

WorkerPool& workers() {
  thread_local WorkerPool pool;
  return pool;
}

}  // namespace emulation
