// A training step allocates nothing.
#include <cstdlib>

#include <gtest/gtest.h>

#include "allocation/counter.h"
#include "session/devices.h"
#include "step/trainer.h"
#include "train/schedule.h"
#include "train/tiny.h"

namespace kilat {
namespace {

TEST(CounterTest, CountsWhatIsAllocatedAndFreed) {
  start_counting();
  void* volatile kept = std::malloc(10);
  int* volatile made = new int(3);
  delete made;
  const Allocations a = stop_counting();
  std::free(kept);
  EXPECT_EQ(a.own, 2U);
  EXPECT_EQ(a.live, 1);
}

// Steps of each shape are made first: oneDNN's primitives are created at their first use.
Allocations count_steps(const Recipe& recipe, const Dataset& data, int threads) {
  const Network start = initial_network(recipe, data);
  const auto rates = learning_rates(recipe, run_length(recipe, data.size()));
  const auto trainer = make_trainer(tested_device(threads), start, {&data, {&data}}, recipe, rates);
  for (int i = 0; i < 20; ++i) trainer->step();
  start_counting();
  for (int i = 0; i < 100; ++i) trainer->step();
  return stop_counting();
}

// oneDNN keeps its books of a primitive's arguments on the heap, and with AVX2 a panel of a
// product: that is not Kilat's to change, but it is small and freed within the call.
void expect_none(const Allocations& a) {
  EXPECT_EQ(a.own, 0U);
  EXPECT_EQ(a.others, 0U);
  EXPECT_EQ(a.live, 0);
  EXPECT_LE(a.largest, 32U << 10);
}

TEST(AllocationTest, MiniBatchesWithShufflesAllocateNothing) {
  Recipe r = tiny_recipe();
  r.hidden = {30, 20};
  r.epochs = 100;
  r.momentum = 0.9F;
  expect_none(count_steps(r, stripes(200, 20, 4, 1), 2));
}

TEST(AllocationTest, FullBatchesInSlicesAllocateNothing) {
  for (const FirstLayer way : {FirstLayer::fp32, FirstLayer::whole}) {
    for (const int shift : {0, 1}) {
      Recipe r = tiny_recipe();
      r.batch = 0;
      r.epochs = 200;
      r.first_layer = way;
      r.augmentation.shift = shift;
      expect_none(count_steps(r, stripes(2900, 20, 4, 1), 2));
    }
  }
}

}  // namespace
}  // namespace kilat
