// Cpu::slices: how the rows of a batch are shared out.
#include <mutex>

#include "ops/op_test.h"

namespace kilat {
namespace {

struct Division {
  std::vector<std::vector<Slice>> of_worker;  // each worker's slices in the order of its work
  std::size_t workers = 0;                    // as slices() returns it
};

Division divide(const Cpu& cpu, Plan plan, std::size_t rows) {
  Division division;
  division.of_worker.resize(plan.workers);
  std::mutex mutex;
  division.workers = cpu.slices(plan, rows, [&](Slice slice) {
    const std::lock_guard lock(mutex);
    division.of_worker.at(slice.worker).push_back(slice);
  });
  return division;
}

void expect_division(const Cpu& cpu, Plan plan, std::size_t rows) {
  SCOPED_TRACE(testing::Message() << rows << " rows, " << plan.workers << " workers");
  const Division division = divide(cpu, plan, rows);
  ASSERT_LE(division.workers, plan.workers);
  std::size_t next = 0;
  for (std::size_t w = 0; w < plan.workers; ++w) {
    const std::vector<Slice>& slices = division.of_worker[w];
    EXPECT_EQ(slices.empty(), w >= division.workers) << "worker " << w;
    if (slices.empty()) continue;
    EXPECT_EQ(slices.size(), division.of_worker[0].size()) << "worker " << w;
    for (std::size_t s = 0; s < slices.size(); ++s) {
      EXPECT_EQ(slices[s].first, next);
      EXPECT_GE(slices[s].rows, 1U);
      EXPECT_LE(slices[s].rows, plan.slice_rows);
      EXPECT_EQ(slices[s].accumulate, s != 0) << "worker " << w << " slice " << s;
      next = slices[s].first + slices[s].rows;
    }
  }
  EXPECT_EQ(next, rows);
}

TEST(SlicesTest, TileTheBatchAndStartEachWorkersGradientsAfresh) {
  for (const int threads : {1, 2, 3}) {
    const Cpu cpu(threads);
    for (const std::size_t rows : {0, 1, 255, 257, 513, 1537, 5000}) {
      expect_division(cpu, cpu.plan(rows), rows);
      expect_division(cpu, cpu.plan(5000), rows);  // a short last batch
    }
  }
}

TEST(SlicesTest, AShortBatchIsOneSliceAndATallOneIsSharedByAllThreads) {
  const Cpu cpu(3);
  EXPECT_EQ(cpu.plan(128).workers, 1U);
  EXPECT_EQ(cpu.plan(128).slice_rows, 128U);
  EXPECT_EQ(cpu.plan(5000).workers, 3U);
  EXPECT_LT(cpu.plan(5000).slice_rows, 1000U);
}

}  // namespace
}  // namespace kilat
