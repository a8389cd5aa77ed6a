#include "runtime/grid.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "emulation/language.h"
#include "runtime/failure.h"
#include "runtime/random.h"
#include "runtime/worker.h"

constinit thread_local uint3 threadIdx = {};
constinit thread_local uint3 blockIdx = {};
constinit thread_local dim3 blockDim = {};
constinit thread_local dim3 gridDim = {};

namespace emulation {
namespace {

thread_local Grid* running = nullptr;
thread_local Thread* current = nullptr;

std::size_t volume(const dim3& extent) { return std::size_t{extent.x} * extent.y * extent.z; }

uint3 position(std::size_t i, const dim3& extent) {
  return {static_cast<unsigned>(i % extent.x), static_cast<unsigned>(i / extent.x % extent.y),
          static_cast<unsigned>(i / extent.x / extent.y)};
}

}  // namespace

void Grid::run() {
  running = this;
  blockDim = launch_.block;
  gridDim = launch_.grid;
  // Some schedules run the threads in ascending or descending order, as far as nothing waits: a
  // warp that is far ahead of the others shows races that an even mixture may not.
  shuffled_ = schedule().below(2) == 0;
  try {
    if (launch_.cooperative) {
      run_blocks_together();
    } else {
      run_clusters_in_turn();
    }
  } catch (...) {
    error_ = std::current_exception();
  }
  current = nullptr;
  running = nullptr;
  if (error_) std::rethrow_exception(error_);
}

// A block by itself is a cluster of one.
void Grid::run_clusters_in_turn() {
  std::vector<std::size_t> order(volume(launch_.grid) / launch_.cluster);
  std::iota(order.begin(), order.end(), std::size_t{0});
  schedule().shuffle(order);
  for (unsigned k = 0; k < launch_.cluster; ++k) {
    blocks_.push_back(
        std::make_unique<Block>(launch_.block, launch_.call.kernel, launch_.dynamic_bytes));
  }
  loaded_ = blocks_.front().get();
  for (const std::size_t i : order) {
    for (unsigned k = 0; k < launch_.cluster; ++k)
      begin_block(*blocks_[k], i * launch_.cluster + k);
    run_ready_threads();
    if (stopped_) return;
  }
}

void Grid::begin_block(Block& block, std::size_t rank) {
  block.begin(rank, position(rank, launch_.grid));
  add_ready(block);
}

void Grid::run_blocks_together() {
  for (std::size_t i = 0; i < volume(launch_.grid); ++i) {
    blocks_.push_back(
        std::make_unique<Block>(launch_.block, launch_.call.kernel, launch_.dynamic_bytes));
    begin_block(*blocks_.back(), i);
  }
  run_ready_threads();
}

void Grid::add_ready(Block& block) {
  const std::size_t first = ready_.size();
  for (Thread& thread : block.threads) ready_.push_back(&thread);
  alive_ += block.threads.size();
  if (schedule().below(2) == 0) std::reverse(ready_.begin() + first, ready_.end());
}

void Grid::run_ready_threads() {
  while (Thread* thread = take()) enter(*thread).resume();
  if (!stopped_ && !transfers_.empty()) complain("the blocks have ended before copies arrived");
  complain_if_stuck();
  if (stopped_) abandon_waiting();
}

void Grid::leave(Worker& worker) {
  Thread* next = take();
  if (next == nullptr) {
    worker.suspend();
    return;
  }
  Worker& other = enter(*next);
  if (&other != &worker) worker.switch_to(other);
}

void Grid::complain_if_stuck() {
  if (stopped_ || alive_ == 0) return;
  std::vector<const Block*> blocks;
  for (const auto& block : blocks_) blocks.push_back(block.get());
  complain("deadlock: " + describe_waiting(blocks));
}

void Grid::complain(const std::string& why) {
  stopped_ = true;
  current = nullptr;
  try {
    fail(why);
  } catch (...) {
    error_ = std::current_exception();
  }
}

// Each waiting thread finds that the launch has stopped, and leaves its kernel.
void Grid::abandon_waiting() {
  for (const auto& block : blocks_) {
    for (Thread& thread : block->threads) {
      if (thread.worker != nullptr) enter(thread).resume();
    }
  }
}

void Grid::run_body(Thread& thread, Worker& worker) {
  thread.worker = &worker;
  try {
    launch_.call.run();
    note_return(thread);
  } catch (const Abandoned&) {
    stopped_ = true;
  } catch (...) {
    if (!error_) error_ = std::current_exception();
    stopped_ = true;
  }
  thread.worker = nullptr;
}

Thread* Grid::take() {
  constexpr std::size_t kSeldom = 8;
  while (!stopped_ && !transfers_.empty() && alive_ > 0 &&
         (ready_.empty() || schedule().below(kSeldom) == 0)) {
    transfers_.progress(*this);
  }
  if (stopped_ || ready_.empty()) return nullptr;
  if (shuffled_) std::swap(ready_[schedule().below(ready_.size())], ready_.back());
  Thread* thread = ready_.back();
  ready_.pop_back();
  return thread;
}

Worker& Grid::enter(Thread& thread) {
  current = &thread;
  threadIdx = thread.index;
  blockIdx = thread.block->index;
  if (loaded_ != thread.block) load_shared_memory(thread);
  if (thread.worker != nullptr) return *thread.worker;
  Worker& worker = workers().take();
  worker.begin(*this, thread);
  return worker;
}

void Grid::load_shared_memory(const Thread& thread) {
  for (const auto& block : blocks_) {
    if (block.get() == loaded_) block->shared.save();
  }
  thread.block->shared.load();
  loaded_ = thread.block;
}

void Grid::wait(const char* for_what, Site site) {
  Thread& thread = *current;
  thread.waits = for_what;
  thread.site = site;
  leave(*thread.worker);
  thread.waits = nullptr;
  if (stopped_) throw Abandoned{};
}

void Grid::wake(Thread& thread) { ready_.push_back(&thread); }

void Grid::yield() {
  if (ready_.empty()) return;
  ready_.push_back(current);
  // Not always at the end, where an unshuffled schedule would take it again for ever.
  std::swap(ready_[schedule().below(ready_.size())], ready_.back());
  wait("its turn", Site::current());
}

void Grid::stop(const std::string& why) {
  fail(why);
  throw Abandoned{};
}

Grid* running_grid() { return running; }
Thread* running_thread() { return current; }

std::string running_place() {
  if (running == nullptr) return "";
  const std::string kernel = "kernel " + running->launch().name;
  return current == nullptr ? kernel : kernel + ", " + name_of(*current);
}

bool is_stack_overflow(const void* address) {
  return current != nullptr && current->worker != nullptr &&
         current->worker->fiber().is_beyond_stack(address);
}

}  // namespace emulation
