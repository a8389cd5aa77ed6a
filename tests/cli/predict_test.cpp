#include <cmath>

#include <png.h>

#include "cli/cli_test.h"
#include "support/paths.h"

namespace kilat {
namespace {

using nlohmann::json;
using testing::HasSubstr;

struct Picture {
  std::uint32_t rows = 0;
  std::uint32_t cols = 0;
  Bytes pixels;  // [rows, cols], grey
};

// Image `index` of a data set, each pixel a square of `scale`, on a border of `margin`.
Picture enlarge(const Dataset& data, std::size_t index, std::uint32_t scale, std::uint32_t margin) {
  const auto height = static_cast<std::uint32_t>(data.shape[0]);
  const auto width = static_cast<std::uint32_t>(data.shape[1]);
  Picture picture{height * scale + 2 * margin, width * scale + 2 * margin, {}};
  picture.pixels.resize(std::size_t{picture.rows} * picture.cols);
  const auto image = data.image(index);
  for (std::uint32_t y = 0; y < height * scale; ++y) {
    for (std::uint32_t x = 0; x < width * scale; ++x) {
      picture.pixels[std::size_t{y + margin} * picture.cols + x + margin] =
          image[std::size_t{y / scale} * width + x / scale];
    }
  }
  return picture;
}

Picture inverted(Picture picture) {
  for (std::uint8_t& pixel : picture.pixels) pixel = static_cast<std::uint8_t>(255 - pixel);
  return picture;
}

void write_png(const std::filesystem::path& file, const Picture& picture, bool colour = false) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = picture.cols;
  image.height = picture.rows;
  image.format = colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  Bytes pixels;
  for (const std::uint8_t pixel : picture.pixels)
    pixels.insert(pixels.end(), colour ? 3 : 1, pixel);
  ASSERT_NE(png_image_write_to_file(&image, file.c_str(), 0, pixels.data(), 0, nullptr), 0);
}

// A network that has seen some of MNIST, trained once for all tests.
class PredictTest : public CliTest {
 protected:
  static void SetUpTestSuite() {
    trained_ = std::make_unique<TempFolder>();
    const Outcome outcome = run_kilat(
        {"train", "--data", mnist_folder(), "--train-range", "0:5000", "--validation", "none",
         "--hidden", "32", "--epochs", "4", "--threads", "1", "--run", "run", "--quiet"},
        {.folder = trained_->path()});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  }
  static void TearDownTestSuite() { trained_.reset(); }

  static std::string model() { return (*trained_ / "run/model.safetensors").string(); }
  static std::string images() { return mnist_folder() + "/t10k-images-idx3-ubyte.gz"; }
  json predict(Words files) const {
    Words words = {"predict", model(), "--json"};
    words.insert(words.end(), files.begin(), files.end());
    return parse(run(words));
  }

  static std::unique_ptr<TempFolder> trained_;
  const Dataset digits_ = load_part(mnist_folder(), Part::test);
};

std::unique_ptr<TempFolder> PredictTest::trained_;

TEST_F(PredictTest, DescribesEachImageOfAnIdxFile) {
  const json one = predict({images() + ":7"});
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0]["file"], images());
  EXPECT_EQ(one[0]["index"], 7);
  ASSERT_EQ(one[0]["probabilities"].size(), 10U);
  double sum = 0;
  double largest = 0;
  for (const json& p : one[0]["probabilities"]) {
    sum += p.get<double>();
    largest = std::max(largest, p.get<double>());
  }
  EXPECT_NEAR(sum, 1, 1e-5);
  EXPECT_NEAR(one[0]["probability"], largest, 1e-6);
  EXPECT_NEAR(one[0]["probabilities"][one[0]["label"].get<std::size_t>()], largest, 1e-6);
}

TEST_F(PredictTest, AWholeIdxFileGivesAllItsImagesInOrder) {
  write_images(folder / "some.gz", subset(digits_, std::vector<std::size_t>{5, 6, 7, 8, 9}));
  const json all = predict({"some.gz"});
  const json single = predict({images() + ":5", images() + ":9"});
  ASSERT_EQ(all.size(), 5U);
  EXPECT_EQ(all[0]["index"], 0);
  EXPECT_EQ(all[0]["label"], single[0]["label"]);
  EXPECT_EQ(all[4]["index"], 4);
  EXPECT_EQ(all[4]["label"], single[1]["label"]);
}

TEST_F(PredictTest, RecognisesDigitsInIdxAndInPngsOfAnySizeAndColours) {
  std::size_t idx_hits = 0;
  std::size_t png_hits = 0;
  Words files;
  Words sources;
  const std::size_t count = 20;
  for (std::size_t i = 0; i < count; ++i) {
    const auto n = static_cast<std::uint32_t>(i);
    const Picture light = enlarge(digits_, i, 2 + n % 5, 10 + 7 * n);
    files.push_back("digit" + std::to_string(i) + ".png");
    write_png(folder / files.back(), i % 2 == 0 ? light : inverted(light), i % 3 == 0);
    sources.push_back(images() + ":" + std::to_string(i));
  }
  const json from_png = predict(files);
  const json from_idx = predict(sources);
  ASSERT_EQ(from_png.size(), count);
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_EQ(from_png[i]["file"], files[i]);
    EXPECT_TRUE(from_png[i]["index"].is_null());
    idx_hits += from_idx[i]["label"] == digits_.labels[i] ? 1 : 0;
    png_hits += from_png[i]["label"] == digits_.labels[i] ? 1 : 0;
  }
  EXPECT_GE(idx_hits, 17U);
  EXPECT_GE(png_hits, 16U);
}

TEST_F(PredictTest, PrintsALineAnImage) {
  write_png(folder / "seven.png", inverted(enlarge(digits_, 0, 4, 20)));
  const Outcome outcome = run({"predict", model(), "seven.png", images() + ":0"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, testing::MatchesRegex("seven.png: 7 .*%.\n.*:0: 7 .*%.\n"));
}

TEST_F(PredictTest, AFileWhoseNameLooksLikeFileAndIndexIsAFile) {
  write_images(folder / "images:3", subset(digits_, std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(predict({"images:3"}).size(), 2U);
  EXPECT_EQ(predict({"images:3:1"})[0]["index"], 1);
}

TEST_F(PredictTest, RefusesWhatIsNoImageAndNamesIt) {
  write_png(folder / "good.png", enlarge(digits_, 0, 3, 9));
  Bytes cut = bytes_of("good.png");
  cut.resize(cut.size() / 2);
  write_bytes(folder / "cut.png", cut);
  write_text("notes.png", "not an image at all");
  write_png(folder / "blank.png", Picture{40, 40, Bytes(1600, 200)});
  write_bytes(folder / "empty.png", Bytes{});
  for (const char* name : {"cut.png", "notes.png", "blank.png", "empty.png", "missing.png"}) {
    expect_failure({"predict", model(), name}, 2, {name});
    expect_failure({"predict", model(), "good.png", name, "--json"}, 2, {name});
  }
  expect_failure({"predict", model(), "data"}, 2, {"data", "folder"});
}

TEST_F(PredictTest, RefusesAnIndexOutOfRange) {
  write_images(folder / "two", subset(digits_, std::vector<std::size_t>{0, 1}));
  for (const char* index : {"2", "99", "18446744073709551615", "99999999999999999999999"}) {
    expect_failure({"predict", model(), std::string("two:") + index}, 2, {"two", "2 images"});
  }
  expect_failure({"predict", model(), "two:-1"}, 2, {"two:-1"});
  expect_failure({"predict", model(), "two:x"}, 2, {"two:x"});
  expect_failure({"predict", model(), "two:"}, 2, {"two:"});
}

TEST_F(PredictTest, RefusesAnIndexIntoAPng) {
  write_png(folder / "good.png", enlarge(digits_, 0, 3, 9));
  expect_failure({"predict", model(), "good.png:0"}, 2, {"good.png:0", "one image"});
}

TEST_F(PredictTest, RefusesImagesOfAnotherSizeThanTheModels) {
  expect_failure({"predict", model(), "data/t10k-images-idx3-ubyte"}, 2,
                 {"t10k-images", "36 pixels", "784"});
}

TEST_F(PredictTest, RefusesAPngWhereTheModelsInputsAreNoPicture) {
  std::filesystem::create_directory(folder / "rows");
  for (const Part part : {Part::train, Part::test}) {
    Dataset rows = make_dataset(30, {12}, 3);
    rows.shape = {};
    write_part(folder / "rows", part, rows);
  }
  train_json({"--data", "rows"});
  write_png(folder / "good.png", enlarge(digits_, 0, 3, 9));
  expect_failure({"predict", "run/model.safetensors", "good.png"}, 2, {"good.png"});
}

}  // namespace
}  // namespace kilat
