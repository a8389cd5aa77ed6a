#include "session/peak.h"

#include <cmath>

#include <gtest/gtest.h>

namespace kilat {
namespace {

TEST(PeakTest, ThatOfACpuIsMeasured) {
  const Peak peak = find_peak(choose_device("cpu", 1));
  EXPECT_GT(peak.gflops, 0);
  EXPECT_TRUE(std::isfinite(peak.gflops));
  EXPECT_EQ(peak.source, "measured sgemm");
}

TEST(PeakTest, ThatOfTheReferenceIsUnknown) {
  EXPECT_TRUE(std::isnan(find_peak(choose_device("reference")).gflops));
}

TEST(PeakTest, ThatOfAGpuThatIsNotThereIsUnknown) {
  Device device;
  device.kind = Device::Kind::cuda;
  device.index = 1000;
  EXPECT_TRUE(std::isnan(find_peak(device).gflops));
}

}  // namespace
}  // namespace kilat
