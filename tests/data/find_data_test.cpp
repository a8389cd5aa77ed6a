#include <cstdlib>
#include <optional>

#include <gtest/gtest.h>

#include <kilat/dataset.h>

#include "support/expect_error.h"
#include "support/idx_files.h"
#include "support/temp_folder.h"

namespace kilat {
namespace {

// Sets $KILAT_DATA, or unsets it, and restores it.
class FindData : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* value = std::getenv("KILAT_DATA")) before_ = value;
    unsetenv("KILAT_DATA");
  }
  void TearDown() override {
    if (before_) {
      setenv("KILAT_DATA", before_->c_str(), 1);
    } else {
      unsetenv("KILAT_DATA");
    }
  }
  static void set_variable(const std::filesystem::path& value) {
    setenv("KILAT_DATA", value.c_str(), 1);
  }

 private:
  std::optional<std::string> before_;
};

TEST_F(FindData, TakesTheWantedFolderBeforeTheVariable) {
  const TempFolder wanted;
  const TempFolder named;
  set_variable(named.path());
  EXPECT_EQ(find_data(wanted.path()), wanted.path());
  EXPECT_EQ(find_data(), named.path());
}

TEST_F(FindData, SaysWhoNamedAFolderThatIsNone) {
  const TempFolder folder;
  write_bytes(folder / "file", Bytes(1));
  for (const std::string name : {"file", "none"}) {
    set_variable(folder.path());
    expect_error([&] { find_data(folder / name); }, {name + ": the data folder asked for"});
    set_variable(folder / name);
    expect_error([&] { find_data(); }, {name + ": KILAT_DATA names it"});
  }
}

TEST_F(FindData, FallsBackOnTheMnistThatComesAlong) {
  for (const bool empty_variable : {false, true}) {
    if (empty_variable) set_variable("");
    EXPECT_EQ(load_part(find_data(), Part::test).size(), 10'000U);
  }
}

// Runs this test once more in a copy of the program that is installed in a temporary folder.
TEST_F(FindData, TakesTheDataInstalledBesideTheProgramFirst) {
  if (const char* installed = std::getenv("KILAT_INSTALLED_DATA")) {
    EXPECT_EQ(find_data(), installed);
    return;
  }
  const TempFolder folder;
  std::filesystem::create_directories(folder / "bin");
  std::filesystem::create_directories(folder / "share/kilat/mnist");
  std::filesystem::copy_file("/proc/self/exe", folder / "bin/tests");
  const std::string command = "KILAT_INSTALLED_DATA=" + (folder / "share/kilat/mnist").string() +
                              " " + (folder / "bin/tests").string() +
                              " --gtest_brief=1 --gtest_filter=FindData.TakesTheDataInstalled*";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

}  // namespace
}  // namespace kilat
