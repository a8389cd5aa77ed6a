// Data that cannot be used, and places that cannot be written: one line, exit code, nothing left.
#include "cli/cli_test.h"

namespace kilat {
namespace {

namespace fs = std::filesystem;

class BadInputTest : public CliTest {
 protected:
  void expect_bad_data(std::initializer_list<std::string> words, int exit_code = 2) const {
    expect_bad_training({}, words, exit_code);
  }

  void change(const std::string& name, const std::function<void(Bytes&)>& edit) const {
    Bytes bytes = bytes_of(name);
    edit(bytes);
    write_bytes(folder / name, bytes);
  }

  static constexpr const char* kTrainImages = "data/train-images-idx3-ubyte";
  static constexpr const char* kTestImages = "data/t10k-images-idx3-ubyte";
  static constexpr const char* kTestLabels = "data/t10k-labels-idx1-ubyte";
};

TEST_F(BadInputTest, RefusesATruncatedIdxFile) {
  change(kTrainImages, [](Bytes& bytes) { bytes.pop_back(); });
  expect_bad_data({"train-images-idx3-ubyte", "truncated"});
  change(kTrainImages, [](Bytes& bytes) { bytes.resize(7); });
  expect_bad_data({"train-images-idx3-ubyte"});
  change(kTrainImages, [](Bytes& bytes) { bytes.clear(); });
  expect_bad_data({"train-images-idx3-ubyte"});
}

TEST_F(BadInputTest, RefusesTrailingBytes) {
  change(kTestImages, [](Bytes& bytes) { bytes.push_back(0); });
  expect_bad_data({"t10k-images-idx3-ubyte"});
}

TEST_F(BadInputTest, RefusesAWrongMagicNumber) {
  change(kTrainImages, [](Bytes& bytes) { bytes[0] = 1; });
  expect_bad_data({"train-images-idx3-ubyte"});
  change(kTrainImages, [](Bytes& bytes) { bytes[0] = 0, bytes[2] = 0x0d; });  // floats
  expect_bad_data({"train-images-idx3-ubyte"});
}

TEST_F(BadInputTest, NamesBothFilesWhoseCountsDiffer) {
  const Bytes labels(kTest + 1);
  write_labels(folder / kTestLabels, labels);
  expect_bad_data({"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", "30", "31"});
}

TEST_F(BadInputTest, NamesTheSampleWithALabelThatTrainingDataLack) {
  change(kTestLabels, [](Bytes& bytes) { bytes[8 + 4] = 77; });
  expect_bad_data({"t10k", "sample 4", "77"});
}

TEST_F(BadInputTest, NamesTheValidationSampleWithALabelThatTrainingDataLack) {
  Dataset data = make_dataset(kTrain, {6, 6}, kClasses);
  data.labels.back() = 9;
  write_part(folder / "data", Part::train, data);
  expect_bad_training({"--validation", "last:10"}, {"train", "labelled 9"});
}

TEST_F(BadInputTest, BelievesNoHeaderThatClaimsBillions) {
  const std::vector<std::size_t> dimensions = {0xffffffff, 0xffff, 0xffff};
  write_bytes(folder / kTrainImages, idx_bytes(dimensions, Bytes(100)));
  expect_bad_data({"train-images-idx3-ubyte"});
  fs::remove(folder / kTrainImages);
  write_bytes(folder / (std::string(kTrainImages) + ".gz"),
              gzip_bytes(idx_bytes(dimensions, Bytes(100))));
  expect_bad_data({"train-images-idx3-ubyte.gz"});
}

TEST_F(BadInputTest, RefusesCorruptGzip) {
  const std::string name = std::string(kTrainImages) + ".gz";
  const Bytes good = gzip_bytes(bytes_of(kTrainImages));
  fs::remove(folder / kTrainImages);
  Bytes bad = good;
  bad[bad.size() / 2] ^= 0xff;
  write_bytes(folder / name, bad);
  expect_bad_data({name});
  bad = good;
  bad.resize(bad.size() / 2);
  write_bytes(folder / name, bad);
  expect_bad_data({name});
}

TEST_F(BadInputTest, RefusesAFolderThatLacksFiles) {
  fs::create_directory(folder / "empty");
  expect_bad_training({"--data", "empty"}, {"empty", "train-images-idx3-ubyte"});
  expect_bad_training({"--data", "missing"}, {"missing"});
  expect_bad_training({"--data", kTrainImages}, {kTrainImages, "not a folder"});
  fs::remove(folder / kTestLabels);
  expect_bad_data({"data", "t10k-labels-idx1-ubyte"});
}

TEST_F(BadInputTest, RefusesImagesOfTwoSizes) {
  write_part(folder / "data", Part::test, make_dataset(kTest, {5, 7}, kClasses));
  expect_bad_data({"t10k", "35", "36"});
}

TEST_F(BadInputTest, SaysWhenKilatDataIsWrong) {
  const Surroundings around = {.environment = {{"KILAT_DATA", "/missing/folder"}}};
  expect_failure({"train"}, 2, {"/missing/folder", "KILAT_DATA"}, around);
}

TEST_F(BadInputTest, RefusesToHoldOutEverything) {
  expect_bad_training({"--validation", "120"}, {"train-images", "120"});
  expect_bad_training({"--validation", "last:500"}, {"120"});
  expect_bad_training({"--train-range", "500:600"}, {"120"});
}

TEST_F(BadInputTest, ChecksWhereTheModelGoesBeforeTraining) {
  expect_bad_training({"--model", "missing/m"}, {"--model missing/m", "missing does not exist"});
  expect_bad_training({"--model", "data"}, {"--model data", "folder"});
  expect_bad_training({"--model", "data/train-images-idx3-ubyte/m"}, {"not a folder"});
  const std::string long_name(300, 'm');
  expect_bad_training({"--run", long_name}, {long_name, "too long"});
}

TEST_F(BadInputTest, ChecksWhereTheRunGoesBeforeTraining) {
  expect_bad_training({"--run", kTrainImages}, {kTrainImages, "not a folder", "--run"});
  expect_bad_training({"--run", std::string(kTrainImages) + "/r"}, {"not a folder", "--run"});
  expect_bad_training({"--run", "/proc/kilat"}, {"/proc/kilat", "--run"});
}

TEST_F(BadInputTest, AFullDiskExitsWith1AndLeavesNothing) {
  expect_failure(train_words({"--model", "/dev/full"}), 1, {"/dev/full", "disk is full"});
}

TEST_F(BadInputTest, AFailedRunKeepsAModelThatWasThere) {
  ASSERT_EQ(train({"--model", "kept"}).exit_code, 0);
  const Bytes before = bytes_of("kept");
  change(kTestImages, [](Bytes& bytes) { bytes.pop_back(); });
  expect_bad_training({"--model", "kept"}, {"truncated"});
  EXPECT_EQ(bytes_of("kept"), before);
}

TEST_F(BadInputTest, ResultsThatCannotBeWrittenAreAFailure) {
  const Surroundings full = {.out_file = "/dev/full"};
  for (const Words& words : std::vector<Words>{{"recipes"},
                                               {"train", "--print-config"},
                                               {"train", "--help"},
                                               {"info", "--json"},
                                               train_words({"--json"})}) {
    expect_message(run(words, full), 1, {"standard output", "No space left"});
  }
}

TEST_F(BadInputTest, AReaderThatWentAwayIsAFailureButNoCrash) {
  const Surroundings gone = {.output = Surroundings::Output::closed_pipe};
  expect_message(run({"recipes"}, gone), 1, {"standard output"});
  expect_message(run(train_words(), gone), 1, {"standard output"});
}

TEST_F(BadInputTest, WithoutStdoutNoFileTakesItsPlace) {
  Program program(train_words({"--model", "m", "--no-quiet", "--epochs", "1000000"}),
                  {.folder = folder.path(), .output = Surroundings::Output::closed});
  program.await("epoch iteration");
  const std::string descriptors = "/proc/" + std::to_string(program.process()) + "/fd/";
  EXPECT_EQ(fs::read_symlink(descriptors + "1"), "/dev/null");
  program.send(SIGINT);
  const Outcome outcome = program.finish();
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, testing::EndsWith("kilat: standard output: cannot be written: Bad file "
                                             "descriptor\n"));
  EXPECT_EQ(run({"info", "m"}).exit_code, 0);  // the model is whole
}

}  // namespace
}  // namespace kilat
