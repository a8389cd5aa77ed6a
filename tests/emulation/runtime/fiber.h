// A stack of its own that runs until it suspends itself. It is resumed on the thread that made it.
#pragma once

#include <boost/context/fiber.hpp>
#include <cstddef>
#include <functional>
#include <utility>

namespace emulation {

class Fiber {
 public:
  explicit Fiber(std::function<void()> body);
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Runs until the next suspend() or the body's end.
  void resume();
  // Called inside the fiber: goes back to resume().
  void suspend();
  // Called inside the fiber: goes on in another one, whose suspend() goes back to the same
  // resume().
  void switch_to(Fiber& other);
  // Whether an address lies just below the stack, where its overflow leads.
  bool is_beyond_stack(const void* address) const;

 private:
  struct Stack {
    const void* bottom = nullptr;
    std::size_t size = 0;
  };
  void enter(boost::context::fiber&& caller);
  // Keeps this fiber in self_ while the target runs. Returns whom resume() was called by; empty if
  // another fiber has switched to this one.
  boost::context::fiber leave_for(boost::context::fiber&& target);
  // This fiber goes on. `caller`: as leave_for() returns it.
  void arrive(void* saved, boost::context::fiber&& caller);

  std::function<void()> body_;
  Stack stack_;
  Stack caller_stack_;
  boost::context::fiber self_;
  boost::context::fiber caller_;
};

}  // namespace emulation
