// A Cpu's members each look at a part of the losses.
#include "cpu/sparse_pixels.h"

namespace kilat {
namespace {

constexpr std::size_t kManyRows = 20000;

std::uint64_t fault_of(Cpu& b, const Values& losses, Way way) {
  const auto loss = buffer_of(b, losses);
  auto cursor = b.buffer<Cursor>(1);
  go(b, way, kManyRows, [&] { b.check_loss(cursor, span_of(loss)); });
  return cursor[0].fault;
}

TEST(CheckLossTest, FindsALossThatIsNotFiniteInEveryPart) {
  for (const int threads : {1, 2, 3}) {
    Cpu b(threads);
    for (const Way way : kWays) {
      for (const std::size_t row : {std::size_t{0}, kManyRows / 3, kManyRows / 2, kManyRows - 1}) {
        Values losses(kManyRows, 1);
        losses[row] = std::nan("");
        EXPECT_EQ(fault_of(b, losses, way), kLossFault) << row << " " << text_of(way);
        losses[row] = 1;
        EXPECT_EQ(fault_of(b, losses, way), kNoFault) << "found again, " << text_of(way);
      }
    }
  }
}

}  // namespace
}  // namespace kilat
