#include "support/program.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/paths.h"

namespace kilat {
namespace {

constexpr std::chrono::seconds kTimeLimit(60);

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

struct Pipe {
  Descriptor read, write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe2");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

// The program's end is `write`.
Pipe make_terminal() {
  winsize size{};
  size.ws_row = 24;
  size.ws_col = 80;
  int master = -1;
  int slave = -1;
  if (openpty(&master, &slave, nullptr, nullptr, &size) != 0) fail("openpty");
  fcntl(master, F_SETFD, FD_CLOEXEC);
  fcntl(slave, F_SETFD, FD_CLOEXEC);
  return {Descriptor(master), Descriptor(slave)};
}

std::vector<std::string> environment(const Surroundings& around) {
  std::map<std::string, std::string> values = {{"TERM", "xterm"}};
  for (const char* name : {"PATH", "HOME", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) values[name] = value;
  }
  for (const auto& [name, value] : around.environment) values[name] = value;
  std::vector<std::string> all;
  for (const auto& [name, value] : values) all.push_back(name + '=' + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

// Appends what there is to read; false at the end. A terminal's end is EIO.
bool append(const Descriptor& from, std::string& text) {
  std::array<char, 4096> bytes{};
  const ssize_t count = read(from.get(), bytes.data(), bytes.size());
  if (count < 0 && errno == EINTR) return true;
  if (count <= 0) return false;
  text.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

}  // namespace

Program::Program(const std::vector<std::string>& arguments, const Surroundings& around)
    : deadline_(std::chrono::steady_clock::now() + kTimeLimit) {
  start(arguments, around);
}

Program::~Program() {
  if (process_ < 0) return;
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

void Program::start(const std::vector<std::string>& arguments, const Surroundings& around) {
  const bool terminal = around.output == Surroundings::Output::terminal;
  Pipe out = terminal ? make_terminal() : make_pipe();
  Pipe err = terminal ? Pipe{} : make_pipe();
  if (around.output == Surroundings::Output::closed_pipe) out.read.close();
  Descriptor file;
  if (!around.out_file.empty()) {
    file = Descriptor(open(around.out_file.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file) fail("open");
  }
  // All that allocates happens before the fork.
  std::vector<std::string> words = {program_path()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = environment(around);
  const std::vector<char*> argv = pointers(words);
  const std::vector<char*> envp = pointers(variables);

  process_ = fork();
  if (process_ < 0) fail("fork");
  if (process_ == 0) {
    const int out_number = file ? file.get() : out.write.get();
    dup2(out_number, STDOUT_FILENO);
    dup2(terminal ? out_number : err.write.get(), STDERR_FILENO);
    if (around.output == Surroundings::Output::closed) close(STDOUT_FILENO);
    signal(SIGPIPE, SIG_DFL);
    if (around.folder.empty() || chdir(around.folder.c_str()) == 0) {
      execve(words[0].c_str(), argv.data(), envp.data());
    }
    _exit(127);
  }
  out_ = std::move(out.read);
  err_ = std::move(err.read);
}

void Program::send(int signal) const { kill(process_, signal); }

bool Program::read_some() {
  std::array<pollfd, 2> streams = {{{out_.get(), POLLIN, 0}, {err_.get(), POLLIN, 0}}};
  if (!out_ && !err_) return false;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline_ - std::chrono::steady_clock::now());
  if (left.count() <= 0) {
    ADD_FAILURE() << "the program ran into the time limit; it had printed:\n"
                  << outcome_.out << outcome_.err;
    kill(process_, SIGKILL);
    return false;
  }
  if (poll(streams.data(), streams.size(), static_cast<int>(left.count())) < 0) return true;
  if (streams[0].revents != 0 && !append(out_, outcome_.out)) out_.close();
  if (streams[1].revents != 0 && !append(err_, outcome_.err)) err_.close();
  return true;
}

void Program::await(const std::string& text) {
  const auto seen = [&] {
    return outcome_.out.find(text) != std::string::npos ||
           outcome_.err.find(text) != std::string::npos;
  };
  while (!seen()) {
    if (read_some()) continue;
    ADD_FAILURE() << "never printed: " << text << '\n' << outcome_.out << outcome_.err;
    return;
  }
}

Outcome Program::finish() {
  while (read_some()) {
  }
  int status = 0;
  waitpid(std::exchange(process_, -1), &status, 0);
  if (WIFEXITED(status)) outcome_.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) outcome_.signal = WTERMSIG(status);
  return std::move(outcome_);
}

Outcome run_kilat(const std::vector<std::string>& arguments, const Surroundings& around) {
  return Program(arguments, around).finish();
}

}  // namespace kilat
