#include "runtime/fiber.h"

#include <boost/context/protected_fixedsize_stack.hpp>
#include <memory>

#ifdef EMULATION_ADDRESS_SANITIZER
#include <sanitizer/common_interface_defs.h>
#endif

namespace emulation {
namespace {

// Virtual memory: only the pages that are touched cost anything.
constexpr std::size_t kStackBytes = 256 << 10;
constexpr std::size_t kPage = 4096;

// AddressSanitizer must know which stack is in use. Debian's Boost does not tell it.
#ifdef EMULATION_ADDRESS_SANITIZER
void start_switch(void** saved, const void* bottom, std::size_t size) {
  __sanitizer_start_switch_fiber(saved, bottom, size);
}
void finish_switch(void* saved, const void** bottom, std::size_t* size) {
  __sanitizer_finish_switch_fiber(saved, bottom, size);
}
#else
void start_switch(void**, const void*, std::size_t) {}
void finish_switch(void*, const void**, std::size_t*) {}
#endif

}  // namespace

Fiber::Fiber(std::function<void()> body) : body_(std::move(body)) {
  boost::context::protected_fixedsize_stack allocator(kStackBytes);
  const boost::context::stack_context stack = allocator.allocate();
  stack_ = {static_cast<const char*>(stack.sp) - stack.size, stack.size};
  self_ = boost::context::fiber(std::allocator_arg,
                                boost::context::preallocated(stack.sp, stack.size, stack),
                                allocator, [this](boost::context::fiber&& caller) {
                                  enter(std::move(caller));
                                  start_switch(nullptr, caller_stack_.bottom, caller_stack_.size);
                                  return std::move(caller_);
                                });
}

void Fiber::enter(boost::context::fiber&& caller) {
  arrive(nullptr, std::move(caller));
  body_();
}

void Fiber::resume() {
  void* saved = nullptr;
  start_switch(&saved, stack_.bottom, stack_.size);
  std::move(self_).resume();
  finish_switch(saved, nullptr, nullptr);
}

void Fiber::suspend() {
  void* saved = nullptr;
  start_switch(&saved, caller_stack_.bottom, caller_stack_.size);
  arrive(saved, leave_for(std::move(caller_)));
}

void Fiber::switch_to(Fiber& other) {
  void* saved = nullptr;
  other.caller_ = std::move(caller_);
  other.caller_stack_ = caller_stack_;
  start_switch(&saved, other.stack_.bottom, other.stack_.size);
  arrive(saved, leave_for(std::move(other.self_)));
}

boost::context::fiber Fiber::leave_for(boost::context::fiber&& target) {
  return std::move(target).resume_with([this](boost::context::fiber&& self) {
    self_ = std::move(self);
    return boost::context::fiber();
  });
}

void Fiber::arrive(void* saved, boost::context::fiber&& caller) {
  Stack from;
  finish_switch(saved, &from.bottom, &from.size);
  if (!caller) return;  // from another fiber, which has set both
  caller_ = std::move(caller);
  caller_stack_ = from;
}

bool Fiber::is_beyond_stack(const void* address) const {
  const auto* byte = static_cast<const char*>(address);
  const auto* bottom = static_cast<const char*>(stack_.bottom);
  constexpr std::ptrdiff_t kLargestFrame = 64 << 10;  // may step over the guard page
  return byte >= bottom - kLargestFrame && byte < bottom + kPage;
}

}  // namespace emulation
