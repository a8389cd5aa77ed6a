// check_loss, advance and sum_metrics: what a step reports.
#include <set>

#include "ops/op_test.h"

namespace kilat {
namespace {

template <class T>
class CursorTest : public OpTest<T> {
 protected:
  using Tested = typename T::Backend;

  Cursor after(Cursor before,
               const std::function<void(typename Tested::template Buffer<Cursor>&)>& op) {
    auto cursor = this->device.template buffer<Cursor>(1);
    this->device.upload(std::span(&before, 1), cursor);
    op(cursor);
    return values_of<Cursor>(this->device, cursor)[0];
  }
};
TYPED_TEST_SUITE(CursorTest, SumBackends);

TYPED_TEST(CursorTest, AdvanceCountsTheStepAndStartsAnewAtTheEnd) {
  const auto advance = [&](auto& cursor) { this->device.advance(cursor, 30, 100); };
  const Cursor middle = this->after({4, 60, kNoFault}, advance);
  EXPECT_EQ(middle.step, 5U);
  EXPECT_EQ(middle.position, 90U);
  EXPECT_EQ(this->after({4, 70, kNoFault}, advance).position, 0U);
  const Cursor faulty = this->after({4, 60, kLossFault}, advance);
  EXPECT_EQ(faulty.step, 4U);
  EXPECT_EQ(faulty.position, 60U);
}

TYPED_TEST(CursorTest, CheckLossSetsTheFaultAndKeepsAnOlderOne) {
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    Values losses = random_values(200, 1);
    const auto check = [&](auto& cursor) {
      const auto loss = buffer_of(this->device, losses);
      this->device.check_loss(cursor, span_of(loss));
    };
    EXPECT_EQ(this->after({}, check).fault, kNoFault);
    losses[199] = bad;
    EXPECT_EQ(this->after({}, check).fault, kLossFault);
    EXPECT_EQ(this->after({0, 0, kParameterFault}, check).fault, kParameterFault);
  }
}

TYPED_TEST(CursorTest, SumMetricsAddsInDoublePrecision) {
  const std::size_t n = 100001;
  const auto loss = buffer_of(this->device, Values(n, 0.1F));
  auto hit = this->device.template buffer<std::uint8_t>(n);
  this->device.upload(std::span<const std::uint8_t>(random_bytes(n, 1, 2)), hit);
  const auto bytes = random_bytes(n, 1, 2);
  auto metrics = this->device.template buffer<Metrics>(1);
  const auto& hits = hit;
  this->device.sum_metrics(metrics, span_of(loss), span_of(hits));
  const Metrics got = values_of<Metrics>(this->device, metrics)[0];
  EXPECT_NEAR(got.loss, static_cast<double>(n) * 0.1F, 1e-6);
  EXPECT_EQ(got.hits, static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), 1)));
}

// Sums of such numbers tell the order of their terms.
TYPED_TEST(CursorTest, SumMetricsAddsInTheSameOrderEachTime) {
  const auto loss = buffer_of(this->device, random_values(3001, 1, 1e20));
  const auto hit = this->device.template buffer<std::uint8_t>(3001);
  auto metrics = this->device.template buffer<Metrics>(1);
  std::set<double> sums;
  for (int i = 0; i < 10; ++i) {
    this->device.sum_metrics(metrics, span_of(loss), span_of(hit));
    const double sum = values_of<Metrics>(this->device, metrics)[0].loss;
    ASSERT_FALSE(std::isnan(sum));  // a set takes it for equal to any number
    sums.insert(sum);
  }
  EXPECT_EQ(sums.size(), 1U);
}

}  // namespace
}  // namespace kilat
