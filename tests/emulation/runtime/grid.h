// A kernel's grid while it runs: which of its threads goes on next, and on which stack.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "emulation/launch.h"
#include "runtime/block.h"

namespace emulation {

struct Launch {
  Call call;
  std::string name;  // the kernel's, as C++ spells it
  dim3 grid;
  dim3 block;
  std::size_t dynamic_bytes = 0;
  bool cooperative = false;
};

// Ends a thread whose launch has failed, without a word.
struct Abandoned {};

class Grid {
 public:
  explicit Grid(const Launch& launch) : launch_(launch) {}
  // Runs every thread. A failure's exception comes out of it; after a failure without one the
  // rest of the grid is left undone.
  void run();

  const Launch& launch() const { return launch_; }

  // What follows is called by the running thread.

  // Until wake() is called for it.
  void wait(const char* for_what, Site site);
  void wake(Thread& thread);
  // Lets another thread run, perhaps.
  void yield();
  // Waits for every thread of a cooperative grid.
  void meet(Site site);
  [[noreturn]] void stop(const std::string& why);

 private:
  friend class Worker;

  void run_blocks_in_turn();
  void run_blocks_together();
  void run_ready_threads();
  void resume(Thread& thread);
  void abandon_waiting();
  void run_body(Thread& thread, Worker& worker);
  // The next thread if it has not begun yet, for a worker that is done with another.
  Thread* take_new();
  Thread* take();
  void enter(Thread& thread);
  void note_return(Thread& thread);
  void complain_if_stuck();
  void add_ready(Block& block);

  const Launch& launch_;
  std::vector<std::unique_ptr<Block>> blocks_;  // those that run at the same time
  std::vector<Thread*> ready_;
  Thread* picked_ = nullptr;  // by take_new(), though it had begun already
  const Block* loaded_ = nullptr;
  Barrier barrier_;
  std::size_t alive_ = 0;
  bool shuffled_ = true;
  bool stopped_ = false;
  std::exception_ptr error_;
};

// Of the calling OS thread; null when no kernel runs.
Grid* running_grid();
Thread* running_thread();
// "kernel f, block (0,0,0), thread (1,0,0)", or "" when no kernel runs.
std::string running_place();
// Whether the address lies just below the running thread's stack.
bool is_stack_overflow(const void* address);

}  // namespace emulation
