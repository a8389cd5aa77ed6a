#include "ops/op_test.h"

namespace kilat {
namespace {

template <class T>
class GatherTest : public OpTest<T> {
 protected:
  using Tested = typename T::Backend;

  // Samples of one pixel, whose identity weight shows what was gathered.
  std::vector<double> gather(const std::vector<std::uint32_t>& order, std::size_t position,
                             Slice slice, std::vector<std::uint8_t>* labels) {
    constexpr std::size_t kSamples = 300;
    std::vector<std::uint8_t> pixels(kSamples), all_labels(kSamples);
    for (std::size_t i = 0; i < kSamples; ++i) {
      pixels[i] = static_cast<std::uint8_t>(i % 251);
      all_labels[i] = static_cast<std::uint8_t>(i % 7);
    }
    auto device_order = this->device.template buffer<std::uint32_t>(order.size());
    this->device.upload(std::span(order), device_order);
    auto cursor = this->device.template buffer<Cursor>(1);
    const Cursor at{0, position, kNoFault};
    this->device.upload(std::span(&at, 1), cursor);
    auto x = this->device.pixels(slice.rows, 1, {0, 1});
    auto y = this->device.template buffer<std::uint8_t>(slice.rows);
    const auto images = this->device.images(pixels, 1);
    const auto device_labels = byte_buffer(this->device, all_labels);
    this->device.gather(x, span_of(y), images, span_of(device_labels), device_order, cursor, slice);
    const auto one = buffer_of(this->device, {1.0});
    auto z = this->device.matrix(slice.rows, 1);
    this->device.input_gemm(z, x, MatrixView<const typename Tested::Real>{one.data(), 1, 1});
    *labels = values_of<std::uint8_t>(this->device, y);
    return values_of(this->device, z);
  }
};
TYPED_TEST_SUITE(GatherTest, Backends);

TYPED_TEST(GatherTest, TakesTheSliceOfTheBatchAtTheCursor) {
  std::vector<std::uint32_t> order(300);
  for (std::uint32_t i = 0; i < 300; ++i) order[i] = 299 - i;
  for (const std::size_t rows : {1, 65, 200}) {
    std::vector<std::uint8_t> labels;
    const Values got = this->gather(order, 40, {10, rows, 0, false}, &labels);
    for (std::size_t i = 0; i < rows; ++i) {
      const std::size_t sample = 299 - (40 + 10 + i);
      ASSERT_EQ(got[i], sample % 251) << i;
      ASSERT_EQ(labels[i], sample % 7) << i;
    }
  }
}

TYPED_TEST(GatherTest, AnEmptyOrderIsTheOrderOfTheFile) {
  std::vector<std::uint8_t> labels;
  const Values got = this->gather({}, 0, {20, 130, 0, false}, &labels);
  for (std::size_t i = 0; i < 130; ++i) {
    ASSERT_EQ(got[i], (20 + i) % 251);
    ASSERT_EQ(labels[i], (20 + i) % 7);
  }
}

}  // namespace
}  // namespace kilat
