// Runs the program under test, as a shell or a terminal would.
#pragma once

#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/descriptor.h"

namespace kilat {

// What a finished program did. Where it wrote to a terminal, out holds both streams.
struct Outcome {
  int exit_code = -1;  // -1 when a signal ended it
  int signal = 0;      // that signal
  std::string out;
  std::string err;
};

struct Surroundings {
  enum class Output { pipes, terminal, closed_pipe, closed };

  std::filesystem::path folder = {};                    // to work in
  std::map<std::string, std::string> environment = {};  // on top of the tests' own
  // pipes: both streams are read here. terminal: both go to a pseudo-terminal of 80 columns.
  // closed_pipe: nobody reads stdout. closed: there is no stdout at all.
  Output output = Output::pipes;
  std::string out_file = {};  // where stdout goes instead, such as /dev/full
};

// A running program. One that takes longer than a minute is killed, and the test fails.
class Program {
 public:
  explicit Program(const std::vector<std::string>& arguments, const Surroundings& around = {});
  ~Program();  // kills it if it still runs
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t process() const { return process_; }
  void send(int signal) const;

  // Reads until the output, of either stream, holds `text`; fails the test if it ends before.
  void await(const std::string& text);

  Outcome finish();

 private:
  bool read_some();  // false once both streams ended, or time is up
  void start(const std::vector<std::string>& arguments, const Surroundings& around);

  pid_t process_ = -1;
  Descriptor out_, err_;
  Outcome outcome_;
  std::chrono::steady_clock::time_point deadline_;
};

// Runs it to its end.
Outcome run_kilat(const std::vector<std::string>& arguments, const Surroundings& around = {});

}  // namespace kilat
