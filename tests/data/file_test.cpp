#include "base/file.h"

#include <atomic>
#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/expect_error.h"
#include "support/idx_files.h"
#include "support/temp_folder.h"

namespace kilat {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

Bytes many_bytes(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 31 + i / 256);
  return bytes;
}

TEST(File, ReadsBackWhatWasWritten) {
  const TempFolder folder;
  for (const std::size_t size : {0, 1, 4095, 4096, 300'000}) {
    write_file(folder / "a", many_bytes(size));
    EXPECT_EQ(read_file(folder / "a"), many_bytes(size));
  }
  write_file(folder / "a", "text");
  EXPECT_EQ(read_file(folder / "a"), (Bytes{'t', 'e', 'x', 't'}));
  EXPECT_THAT(names_in(folder.path()), testing::ElementsAre("a"));
}

TEST(File, ReadsFilesOfProcThatSayTheyAreEmpty) {
  EXPECT_FALSE(read_file("/proc/self/status").empty());
}

TEST(File, SaysWhyAFileCannotBeRead) {
  const TempFolder folder;
  expect_error([&] { read_file(folder / "none"); }, {"none: no such file"});
  expect_error([&] { read_file(folder.path()); }, {folder.path().string(), "a folder"});
  expect_error([&] { read_file("/dev/null"); }, {"/dev/null: not a regular file"});
  write_file(folder / "a", "x");
  expect_error([&] { read_file(folder / "a/b"); }, {"a/b: cannot be opened: Not a directory"});
}

TEST(File, DoesNotWaitForAPipeToBeWritten) {
  const TempFolder folder;
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  expect_error([&] { read_file(folder / "pipe"); }, {"not a regular file"});
}

TEST(File, SaysWhyAFileCannotBeWritten) {
  const TempFolder folder;
  write_file(folder / "a", "old");
  expect_error([&] { write_file(folder / "none/b", "x"); },
               {"none/b: the folder", "none does not exist", "create it"});
  expect_error([&] { write_file(folder / "a/b", "x"); }, {"a/b:", "is not a folder"});
  expect_error([&] { write_file(folder.path(), "x"); }, {"a folder; give the name of a file"});
  expect_error([&] { write_file(fs::path(), "x"); }, {});
  expect_error([&] { write_file(folder / std::string(300, 'n'), "x"); }, {"name too long"});
  EXPECT_THAT(names_in(folder.path()), testing::ElementsAre("a"));
}

TEST(File, NeedsPermission) {
  if (geteuid() == 0) GTEST_SKIP() << "root may do everything";
  const TempFolder folder;
  write_file(folder / "a", "old");
  fs::permissions(folder / "a", fs::perms::owner_read);
  expect_error([&] { write_file(folder / "a", "new"); }, {"no permission"});
  fs::permissions(folder / "a", fs::perms::none);
  expect_error([&] { read_file(folder / "a"); }, {"no permission"});
  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
  expect_error([&] { write_file(folder / "b", "new"); }, {"no permission"});
  fs::permissions(folder.path(), fs::perms::owner_all);
}

// The system's limit on a file's size stands in for a disk that is full: the first write is cut
// short and the next one fails.
TEST(File, KeepsTheOldContentsWhenWritingFailsMidway) {
  const TempFolder folder;
  write_file(folder / "a", "old");
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 10'000;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  expect_error([&] { write_file(folder / "a", many_bytes(20'000)); },
               {"a: writing failed: File too large"}, Failure::run);
  expect_error([&] { write_file(folder / "b", many_bytes(20'000)); }, {"b: writing failed"},
               Failure::run);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(read_file(folder / "a"), (Bytes{'o', 'l', 'd'}));
  EXPECT_THAT(names_in(folder.path()), testing::ElementsAre("a"));
}

TEST(File, SaysThatTheDiskIsFull) {
  expect_error([] { write_file("/dev/full", "x"); }, {"/dev/full: the disk is full", "free some"},
               Failure::run);
}

TEST(File, ReplacesAFileInOneStep) {
  const TempFolder folder;
  write_file(folder / "a", "old");
  const int reader = open((folder / "a").c_str(), O_RDONLY | O_CLOEXEC);
  write_file(folder / "a", "new");
  char text[4] = {};
  EXPECT_EQ(read(reader, text, 3), 3);  // who had it open still sees all of the old contents
  EXPECT_STREQ(text, "old");
  close(reader);
}

TEST(File, KeepsTheModeOfTheFileThatItReplacesAndFollowsTheUmaskOtherwise) {
  const TempFolder folder;
  const mode_t before = umask(027);
  write_file(folder / "a", "old");
  umask(before);
  const auto mode = [&] { return static_cast<int>(fs::status(folder / "a").permissions()); };
  EXPECT_EQ(mode(), 0640);
  fs::permissions(folder / "a", static_cast<fs::perms>(0604));
  write_file(folder / "a", "new");
  EXPECT_EQ(mode(), 0604);
}

TEST(File, ReplacesTheFileThatALinkLeadsTo) {
  const TempFolder folder;
  fs::create_directory(folder / "sub");
  write_file(folder / "sub/a", "old");
  fs::create_symlink("sub/a", folder / "link");
  write_file(folder / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(read_file(folder / "sub/a"), (Bytes{'n', 'e', 'w'}));
  EXPECT_THAT(names_in(folder / "sub"), testing::ElementsAre("a"));
}

TEST(File, WritesIntoAFileThatIsOpenAsStandardOutput) {
  const TempFolder folder;
  write_file(folder / "out", "first ");
  const int out = open((folder / "out").c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_GE(out, 0);
  const auto inode = [&] {
    struct stat status = {};
    stat((folder / "out").c_str(), &status);
    return status.st_ino;
  };
  const auto before = inode();
  write_file("/dev/fd/" + std::to_string(out), "second");
  write_file("/proc/self/fd/" + std::to_string(out), "!");
  close(out);
  EXPECT_EQ(inode(), before);
  const std::string all = "first second!";
  EXPECT_EQ(read_file(folder / "out"), Bytes(all.begin(), all.end()));
}

void ignore_signal(int) {}

TEST(File, WritesAllToAPipeInSpiteOfSignals) {
  const TempFolder folder;
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  struct sigaction interrupt = {};
  interrupt.sa_handler = ignore_signal;  // without SA_RESTART: a write returns early
  struct sigaction before = {};
  sigaction(SIGUSR1, &interrupt, &before);

  const pthread_t writer = pthread_self();
  Bytes received;
  std::thread reader([&] {
    std::ifstream in(folder / "pipe", std::ios::binary);
    for (int byte = in.get(); byte >= 0; byte = in.get()) {
      if (received.size() % 1000 == 0) pthread_kill(writer, SIGUSR1);
      received.push_back(static_cast<std::uint8_t>(byte));
    }
  });
  const Bytes sent = many_bytes(1'000'000);
  EXPECT_NO_THROW(write_file(folder / "pipe", sent));
  reader.join();
  sigaction(SIGUSR1, &before, nullptr);
  EXPECT_TRUE(received == sent);
  EXPECT_TRUE(fs::is_fifo(folder / "pipe"));
}

}  // namespace
}  // namespace kilat
