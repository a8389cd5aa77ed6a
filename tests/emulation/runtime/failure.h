// How failures of the program under test are told, and errors of its calls remembered.
#pragma once

#include <string>

#include "emulation/driver_types.h"

namespace emulation {

// Tells the failure handler; where a kernel runs, the line names it, its block and its thread.
// Returns if the handler does: the caller then gives up what it was about.
void fail(const std::string& what);

// As fail(), from a signal handler: always the default handler, which does not return.
[[noreturn]] void fail_fatally(const std::string& what);

// What a call returns: an error becomes the last error, and is kept for api_errors().
cudaError_t answer(cudaError_t error, const char* call, const std::string& why = "");

// The same for libraries, whose errors are not the runtime's.
void record_error(const char* call, const std::string& error, const std::string& why);

void reset_failures();

}  // namespace emulation
