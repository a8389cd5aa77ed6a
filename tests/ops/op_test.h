// What the op tests share. Every op of a backend is held to Reference, in double, on the same
// numbers.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "backend/reference/reference.h"
#include "ops/values.h"
#include "tested.h"

namespace kilat {

template <class T>
class OpTest : public ::testing::Test {
 protected:
  using Tested = typename T::Backend;
  Tested device{T::make()};
  Reference reference;
};

// One, odd, around the widths of vectors and warps, more than a block.
inline const std::vector<std::size_t> kRows = {1, 2, 3, 7, 33, 128, 129};
inline const std::vector<std::size_t> kColumns = {1,  2,  7,  8,   10,  15,  16,
                                                  17, 31, 33, 100, 257, 1000};

// Every kind; slopes that no float squares exactly.
inline const std::vector<Activation> kActivations = {{}, {ActivationKind::leaky_relu, 0.01F}};

template <class B>
typename B::template Buffer<typename B::Real> buffer_of(B& b, const Values& values) {
  auto buffer = b.template buffer<typename B::Real>(values.size());
  const std::vector<typename B::Real> reals(values.begin(), values.end());
  b.upload(std::span<const typename B::Real>(reals), buffer);
  return buffer;
}

template <class B>
typename B::template Buffer<std::uint8_t> byte_buffer(B& b,
                                                      const std::vector<std::uint8_t>& bytes) {
  auto buffer = b.template buffer<std::uint8_t>(bytes.size());
  b.upload(std::span<const std::uint8_t>(bytes), buffer);
  return buffer;
}

template <class B>
typename B::Matrix matrix_of(B& b, std::size_t rows, std::size_t columns, const Values& values) {
  auto matrix = b.matrix(rows, columns);
  const std::vector<typename B::Real> reals(values.begin(), values.end());
  b.upload(std::span<const typename B::Real>(reals), rows, matrix);
  return matrix;
}

template <class T, class B>
std::vector<T> values_of(B& b, const typename B::template Buffer<T>& buffer) {
  std::vector<T> values(buffer.size());
  b.download(buffer, std::span<T>(values));
  return values;
}

template <class B>
Values values_of(B& b, const typename B::Matrix& matrix) {
  std::vector<typename B::Real> reals(matrix.rows() * matrix.columns());
  b.download(matrix, std::span<typename B::Real>(reals));
  return {reals.begin(), reals.end()};
}

template <class Buffer>
auto span_of(Buffer& buffer) {
  return std::span(buffer.data(), buffer.size());
}

inline std::string shape_text(std::size_t rows, std::size_t columns) {
  return std::to_string(rows) + " x " + std::to_string(columns);
}

}  // namespace kilat
