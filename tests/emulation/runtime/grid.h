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
#include "runtime/transfers.h"

namespace emulation {

struct Launch {
  Call call;
  std::string name;  // the kernel's, as C++ spells it
  dim3 grid;
  dim3 block;
  std::size_t dynamic_bytes = 0;
  bool cooperative = false;
  unsigned cluster = 1;  // blocks, along x
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
  // The same between threads, of what none of them does by itself.
  void complain(const std::string& why);
  // Waits for every thread of the block's cluster, or for so many of the block's that name a
  // barrier.
  void meet_cluster(Site site);
  void meet_named(unsigned name, unsigned threads, Site site);
  // Until wake_all_at() is called for that place in memory.
  void wait_at(const void* place, Site site);
  void wake_all_at(const void* place);
  // The block with this rank in the running block's cluster; the place in it that is this one's
  // `own`.
  Block& block_of_cluster(unsigned rank);
  void* in_block(unsigned rank, void* own);
  Transfers& transfers() { return transfers_; }

 private:
  friend class Worker;

  void run_clusters_in_turn();
  void run_blocks_together();
  void run_ready_threads();
  // The worker that holds the thread, or begins it. The thread is the running one from here on.
  Worker& enter(Thread& thread);
  // Called on the worker's stack, which has to wait or is done: the next thread goes on, or the
  // launch where there is none.
  void leave(Worker& worker);
  void abandon_waiting();
  void run_body(Thread& thread, Worker& worker);
  void load_shared_memory(const Thread& thread);
  Thread* take();
  void note_return(Thread& thread);
  void complain_if_stuck();
  void begin_block(Block& block, std::size_t rank);
  void add_ready(Block& block);

  const Launch& launch_;
  std::vector<std::unique_ptr<Block>> blocks_;  // those that run at the same time
  std::vector<Thread*> ready_;
  struct Waiting {
    const void* place;
    Thread* thread;
  };
  std::vector<Waiting> waiting_;
  Transfers transfers_;
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
