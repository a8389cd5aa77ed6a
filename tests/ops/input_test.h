// Batches of pixels for the tests of input_gemm and input_gradient.
#pragma once

#include "ops/op_test.h"

namespace kilat {

// A batch of these bytes, [rows, features].
template <class B>
typename B::Pixels pixels_of(B& b, const std::vector<std::uint8_t>& bytes, std::size_t rows,
                             Normalisation normalisation) {
  const std::size_t features = bytes.size() / rows;
  auto x = b.pixels(rows, features, normalisation);
  auto y = b.template buffer<std::uint8_t>(rows);
  const std::vector<std::uint8_t> labels(rows);
  const auto order = b.template buffer<std::uint32_t>(0);
  const auto cursor = b.template buffer<Cursor>(1);
  b.gather(x, span_of(y), bytes, labels, order, cursor, {0, rows, 0, false});
  return x;
}

inline const std::vector<Normalisation> kNormalisations = {
    {0, 1.0F / 255}, {33.3F, 1.0F / 78.6F}, {0, 1}, {127.5F, 0.01F}};

}  // namespace kilat
