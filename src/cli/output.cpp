#include "cli/output.h"

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <kilat/error.h>

namespace kilat {
namespace {

Error cannot_print(int error) {
  if (error == EPIPE) return Error("standard output: its reader has closed it", Failure::run);
  return Error(
      fmt::format("standard output: cannot be written: {}", std::generic_category().message(error)),
      Failure::run);
}

}  // namespace

void occupy_standard_streams() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(number, F_GETFD) != -1) continue;
    // open() returns the lowest free descriptor, which is `number`.
    if (open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
  }
}

void print_result(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) throw cannot_print(errno);
}

void print_json(const Json& json) {
  print_result(json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n');
}

void flush_results() {
  if (std::fflush(stdout) != 0) throw cannot_print(errno);
}

void print_note(std::string_view text) {
  std::string line = "kilat: ";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    line += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  line += '\n';
  std::fputs(line.c_str(), stderr);  // in one write: stderr is not buffered
}

}  // namespace kilat
