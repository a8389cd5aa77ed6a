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
#include "tested.h"

namespace kilat {

template <class T>
class OpTest : public ::testing::Test {
 protected:
  using Tested = typename T::Backend;
  Tested device{T::make()};
  Reference reference;
};

constexpr double kEps = std::numeric_limits<float>::epsilon() / 2;  // of one rounding

// One, odd, around the widths of vectors and warps, more than a block.
inline const std::vector<std::size_t> kRows = {1, 2, 3, 7, 33, 128, 129};
inline const std::vector<std::size_t> kColumns = {1,  2,  7,  8,   10,  15,  16,
                                                  17, 31, 33, 100, 257, 1000};

// Every kind; slopes that no float squares exactly.
inline const std::vector<Activation> kActivations = {{}, {ActivationKind::leaky_relu, 0.01F}};

using Values = std::vector<double>;

// Numbers that a float holds exactly, of many magnitudes.
inline Values random_values(std::size_t n, unsigned seed, double scale = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 1);
  Values values(n);
  for (double& v : values) v = static_cast<float>(normal(random) * scale);
  return values;
}

// Random values with every kind of hostile one strewn in.
inline Values hostile_values(std::size_t n, unsigned seed) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  const double kHostile[] = {0.0, -0.0, kInf, -kInf, std::nan(""), 3e38, -3e38, 1e-30, -1e-30};
  Values values = random_values(n, seed);
  std::mt19937 random(seed + 1);
  for (std::size_t i = 0; i < n; i += 1 + random() % 5) {
    values[i] = static_cast<float>(kHostile[random() % std::size(kHostile)]);
  }
  return values;
}

inline std::vector<std::uint8_t> random_bytes(std::size_t n, unsigned seed, unsigned below = 256) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> bytes(n);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random() % below);
  return bytes;
}

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

// Equal NaNs and infinities, and otherwise within the tolerance of that element. A value beyond
// float's range may have become infinite.
inline void expect_close(const Values& got, const Values& wanted, const Values& tolerance,
                         const std::string& what) {
  ASSERT_EQ(got.size(), wanted.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (std::isnan(wanted[i])) {
      ASSERT_TRUE(std::isnan(got[i])) << what << " element " << i << ": " << got[i];
    } else if (std::isinf(got[i]) && std::abs(wanted[i]) > 3.4e38) {
      ASSERT_EQ(std::signbit(got[i]), std::signbit(wanted[i])) << what << " element " << i;
    } else {
      ASSERT_LE(std::abs(got[i] - wanted[i]), tolerance[i])
          << what << " element " << i << ": " << got[i] << " instead of " << wanted[i];
    }
  }
}

inline void expect_close(const Values& got, const Values& wanted, double tolerance,
                         const std::string& what) {
  expect_close(got, wanted, Values(wanted.size(), tolerance), what);
}

inline std::string shape_text(std::size_t rows, std::size_t columns) {
  return std::to_string(rows) + " x " + std::to_string(columns);
}

}  // namespace kilat
