#include "runtime/failure.h"

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "emulation.h"
#include "emulation/runtime_api.h"
#include "runtime/grid.h"

namespace emulation {
namespace {

void print_and_abort(const std::string& line) {
  std::fprintf(stderr, "emulation: %s\n", line.c_str());
  std::fflush(stderr);
  std::abort();
}

FailureHandler handler = print_and_abort;
thread_local cudaError_t last_error = cudaSuccess;
std::vector<std::string> errors;

std::string placed(const std::string& what) {
  const std::string place = running_place();
  return place.empty() ? what : place + ": " + what;
}

}  // namespace

void fail(const std::string& what) { handler(placed(what)); }

void fail_fatally(const std::string& what) {
  print_and_abort(placed(what));
  std::abort();
}

void record_error(const char* call, const std::string& error, const std::string& why) {
  errors.push_back(fmt::format("{}: {}{}{}", call, error, why.empty() ? "" : ": ", why));
}

cudaError_t answer(cudaError_t error, const char* call, const std::string& why) {
  if (error == cudaSuccess || error == cudaErrorNotReady) return error;
  last_error = error;
  record_error(call, cudaGetErrorName(error), why);
  return error;
}

void reset_failures() {
  handler = print_and_abort;
  last_error = cudaSuccess;
  errors.clear();
}

void set_failure_handler(FailureHandler new_handler) { handler = std::move(new_handler); }

void throw_failure(const std::string& line) { throw Failure(line); }

std::vector<std::string> api_errors() { return errors; }

}  // namespace emulation

cudaError_t cudaGetLastError() { return std::exchange(emulation::last_error, cudaSuccess); }

cudaError_t cudaPeekAtLastError() { return emulation::last_error; }
