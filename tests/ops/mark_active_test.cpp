#include "ops/op_test.h"

namespace kilat {
namespace {

template <class T>
class MarkActiveTest : public OpTest<T> {};
TYPED_TEST_SUITE(MarkActiveTest, Backends);

TYPED_TEST(MarkActiveTest, MarksTheUnitsThatFireAndKeepsOlderMarks) {
  for (const std::size_t rows : kRows) {
    for (const std::size_t columns : kColumns) {
      Values a(rows * columns);
      std::vector<std::uint8_t> wanted(columns);
      for (std::size_t j = 0; j < columns; j += 3) a[(j % rows) * columns + j] = wanted[j] = 1;
      wanted[columns - 1] = 1;  // marked before
      auto active = this->device.template buffer<std::uint8_t>(columns);
      std::vector<std::uint8_t> before(columns);
      before[columns - 1] = 1;
      this->device.upload(std::span(before), active);
      this->device.mark_active(span_of(active), matrix_of(this->device, rows, columns, a));
      ASSERT_EQ((values_of<std::uint8_t>(this->device, active)), wanted)
          << shape_text(rows, columns);
    }
  }
}

}  // namespace
}  // namespace kilat
