// On the CPU a column's sum is in the order of the rows, whatever the number of threads.
#include "ops/op_test.h"

namespace kilat {
namespace {

std::vector<float> column_sums(int threads, const Values& dz, std::size_t rows,
                               std::size_t columns) {
  Cpu b(threads);
  auto sum = b.buffer<float>(columns);
  b.column_sum(span_of(sum), matrix_of(b, rows, columns, dz), false);
  return values_of<float>(b, sum);
}

TEST(ColumnSumOrderTest, DoesNotDependOnTheNumberOfThreads) {
  const Values dz = random_values(129 * 1000, 1);
  EXPECT_EQ(column_sums(2, dz, 129, 1000), column_sums(1, dz, 129, 1000));
  EXPECT_EQ(column_sums(3, dz, 129, 1000), column_sums(1, dz, 129, 1000));
}

// In any other order the 1 is lost.
TEST(ColumnSumOrderTest, IsThatOfTheRows) {
  constexpr std::size_t kUnits = 300;
  Values dz;
  for (const double x : {1e8, -1e8, 1.0}) dz.insert(dz.end(), kUnits, x);
  for (const int threads : {1, 3}) {
    EXPECT_EQ(column_sums(threads, dz, 3, kUnits), std::vector<float>(kUnits, 1));
  }
}

}  // namespace
}  // namespace kilat
