// What the tests of the command line share: a working folder with a small data set.
#pragma once

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/idx_files.h"
#include "support/program.h"
#include "support/temp_folder.h"

namespace kilat {

using Words = std::vector<std::string>;

// In characters.
inline std::size_t longest_line(const std::string& text) {
  std::size_t longest = 0;
  std::size_t length = 0;
  for (const char c : text) {
    const bool continues = (static_cast<unsigned char>(c) & 0xC0) == 0x80;  // of a UTF-8 character
    length = c == '\n' ? 0 : length + (continues ? 0 : 1);
    longest = std::max(longest, length);
  }
  return longest;
}

class CliTest : public testing::Test {
 protected:
  static constexpr std::size_t kTrain = 120;
  static constexpr std::size_t kTest = 30;
  static constexpr std::size_t kClasses = 3;

  // data/ holds images of 6x6 pixels in three classes that a small network tells apart.
  CliTest() {
    std::filesystem::create_directory(folder / "data");
    write_part(folder / "data", Part::train, make_dataset(kTrain, {6, 6}, kClasses));
    write_part(folder / "data", Part::test, make_dataset(kTest, {6, 6}, kClasses, 0, 2));
  }

  // Runs `kilat` in the folder.
  Outcome run(const Words& arguments, Surroundings around = {}) const {
    around.folder = folder.path();
    return run_kilat(arguments, around);
  }

  // kilat train with a few iterations on data/, results in run/; `more` comes last and so wins.
  static Words train_words(const Words& more = {}) {
    Words words = {"train", "--data",   "data", "--run",     "run", "--validation",
                   "none",  "--hidden", "8",    "--batch",   "16",  "--epochs",
                   "3",     "--lr",     "0.1",  "--threads", "1",   "--quiet"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  Outcome train(const Words& more = {}) const { return run(train_words(more)); }

  // The object of --json. Expects success.
  nlohmann::json train_json(Words more = {}) const {
    more.push_back("--json");
    return parse(train(more));
  }

  // Everything in the folder, folders included, as relative paths.
  std::set<std::string> contents() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
      names.insert(std::filesystem::relative(entry.path(), folder.path()));
    }
    return names;
  }

  Bytes bytes_of(const std::string& name) const { return read_bytes(folder / name); }

  std::string text_of(const std::string& name) const {
    const Bytes bytes = bytes_of(name);
    return {bytes.begin(), bytes.end()};
  }

  void write_text(const std::string& name, const std::string& text) const {
    write_bytes(folder / name, Bytes(text.begin(), text.end()));
  }

  // Expects success, and exactly one JSON document on stdout.
  static nlohmann::json parse(const Outcome& outcome, int exit_code = 0) {
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.err;
    auto json = nlohmann::json::parse(outcome.out, nullptr, false);
    EXPECT_FALSE(json.is_discarded()) << outcome.out;
    return json;
  }

  // One line on stderr that begins "kilat: " and holds `words`, nothing on stdout, this exit code.
  static void expect_message(const Outcome& outcome, int exit_code,
                             std::initializer_list<std::string> words) {
    EXPECT_EQ(outcome.signal, 0);
    EXPECT_EQ(outcome.exit_code, exit_code);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, testing::StartsWith("kilat: "));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_THAT(outcome.err, testing::EndsWith("\n"));
    for (const std::string& word : words) EXPECT_THAT(outcome.err, testing::HasSubstr(word));
  }

  // The same of a command that must not change anything in the folder.
  void expect_failure(const Words& arguments, int exit_code,
                      std::initializer_list<std::string> words,
                      const Surroundings& around = {}) const {
    SCOPED_TRACE(testing::PrintToString(arguments));
    const auto before = contents();
    expect_message(run(arguments, around), exit_code, words);
    EXPECT_EQ(contents(), before);
  }

  void expect_bad_training(const Words& more, std::initializer_list<std::string> words,
                           int exit_code = 2) const {
    Words all = train_words(more);
    all.push_back("--no-quiet");  // whose progress would be more lines
    expect_failure(all, exit_code, words);
  }

  const TempFolder folder;
};

}  // namespace kilat
