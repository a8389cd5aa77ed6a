#include <cmath>

#include <gtest/gtest.h>

#include <kilat/dataset.h>

#include "support/expect_error.h"
#include "support/idx_files.h"
#include "support/paths.h"

namespace kilat {
namespace {

Dataset of_pixels(std::vector<std::uint8_t> pixels) {
  const std::size_t count = pixels.size();
  return {"set", {}, 1, std::move(pixels), std::vector<std::uint8_t>(count)};
}

TEST(Normalisation, NoneLeavesPixelsAlone) {
  EXPECT_EQ(make_normalisation(Normalise::none, of_pixels({1, 2})), (Normalisation{0, 1}));
}

TEST(Normalisation, UnitMapsTheBytesToZeroToOne) {
  EXPECT_EQ(make_normalisation(Normalise::unit, {}), (Normalisation{0, 1 / 255.0F}));
}

TEST(Normalisation, StandardTakesMeanAndDeviationOfAllPixels) {
  // Mean 5; squares 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32 over 8: deviation 2.
  EXPECT_EQ(make_normalisation(Normalise::standard, of_pixels({2, 4, 4, 4, 5, 5, 7, 9})),
            (Normalisation{5, 0.5F}));
  EXPECT_EQ(make_normalisation(Normalise::standard, of_pixels({0, 255})),
            (Normalisation{127.5F, 1 / 127.5F}));
}

TEST(Normalisation, StandardMakesMeanZeroAndDeviationOne) {
  const Dataset data = make_dataset(100, {7, 3}, 10);
  const Normalisation normalisation = make_normalisation(Normalise::standard, data);
  double sum = 0;
  double squares = 0;
  for (const std::uint8_t pixel : data.pixels) {
    const double x = (pixel - double{normalisation.shift}) * double{normalisation.scale};
    sum += x;
    squares += x * x;
  }
  const auto count = static_cast<double>(data.pixels.size());
  EXPECT_NEAR(sum / count, 0, 1e-6);
  EXPECT_NEAR(squares / count, 1, 1e-6);
}

TEST(Normalisation, StandardOfOneGreyOnlyShifts) {
  EXPECT_EQ(make_normalisation(Normalise::standard, of_pixels({77, 77, 77})),
            (Normalisation{77, 1}));
  EXPECT_EQ(make_normalisation(Normalise::standard, of_pixels({0})), (Normalisation{0, 1}));
}

TEST(Normalisation, StandardOfNothingIsAnError) {
  expect_error([] { make_normalisation(Normalise::standard, of_pixels({})); }, {"set: no pixels"});
}

// 0.1307 and 0.3081 of the range 0…1: the constants that PyTorch's MNIST examples use.
TEST(Normalisation, StandardOfMnistIsTheWellKnownOne) {
  const Normalisation mnist =
      make_normalisation(Normalise::standard, load_part(mnist_folder(), Part::train));
  EXPECT_NEAR(mnist.shift / 255, 0.1307, 0.00005);
  EXPECT_NEAR(1 / (255 * mnist.scale), 0.3081, 0.00005);
}

}  // namespace
}  // namespace kilat
