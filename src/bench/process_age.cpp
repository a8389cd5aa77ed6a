#include "bench/process_age.h"

#include <ctime>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>

#include <unistd.h>

#include "base/stopwatch.h"

namespace kilat {
namespace {

// When the process started, in seconds since boot: field 22 of proc_pid_stat(5), in clock ticks.
// Field 2, the program's name in parentheses, may hold anything.
std::optional<double> start_since_boot() {
  std::ifstream file("/proc/self/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  constexpr int kFirst = 3, kStartTime = 22;
  std::string skipped;
  for (int field = kFirst; field < kStartTime; ++field) fields >> skipped;
  double ticks = 0;
  if (!(fields >> ticks)) return std::nullopt;
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

double process_age() {
  static const Stopwatch since_first_call;
  static const std::optional<double> start = start_since_boot();
  timespec now{};
  if (!start || clock_gettime(CLOCK_BOOTTIME, &now) != 0) return since_first_call.seconds();
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec) - *start;
}

}  // namespace kilat
