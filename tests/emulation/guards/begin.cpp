// The first of an emulated library's sources: a guard before the shared memory of all the others.
#include "emulation/language.h"

namespace {

thread_local emulation::Guard emulation_guard_begin __attribute__((used, aligned(1)));

}  // namespace
