// Batches of pixels for the tests of input_gemm and input_gradient.
#pragma once

#include "ops/op_test.h"

namespace kilat {

// A batch and what it may point into.
template <class B>
struct Batch {
  std::vector<std::uint8_t> bytes;
  typename B::Images images;
  typename B::Pixels x;
};

// A batch of these bytes, [rows, features].
template <class B>
Batch<B> batch_of(B& b, const std::vector<std::uint8_t>& bytes, std::size_t rows,
                  Normalisation normalisation) {
  const std::size_t features = bytes.size() / rows;
  Batch<B> batch{bytes, {}, b.pixels(rows, features, normalisation)};
  batch.images = b.images(batch.bytes, features);
  auto y = b.template buffer<std::uint8_t>(rows);
  const auto labels = b.template buffer<std::uint8_t>(rows);
  const auto order = b.template buffer<std::uint32_t>(0);
  const auto cursor = b.template buffer<Cursor>(1);
  b.gather(batch.x, span_of(y), batch.images, span_of(labels), order, cursor, {0, rows, 0, false});
  return batch;
}

inline const std::vector<Normalisation> kNormalisations = {
    {0, 1.0F / 255}, {33.3F, 1.0F / 78.6F}, {0, 1}, {127.5F, 0.01F}};

}  // namespace kilat
