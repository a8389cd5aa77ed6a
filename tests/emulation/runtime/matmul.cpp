#include "runtime/matmul.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "cuda_bf16.h"
#include "runtime/arena.h"
#include "runtime/failure.h"
#include "runtime/guarded_pages.h"
#include "runtime/shared_memory.h"

namespace emulation {
namespace {

// 10 bits of mantissa, to nearest, ties away from zero.
float to_tf32(float x) {
  if (!std::isfinite(x)) return x;
  return std::bit_cast<float>((std::bit_cast<std::uint32_t>(x) + 0x1000) & ~0x1fffU);
}

float round(float x, Rounding rounding) {
  switch (rounding) {
    case Rounding::none:
      return x;
    case Rounding::tf32:
      return to_tf32(x);
    case Rounding::bf16:
      return __nv_bfloat16(x);
  }
  return x;
}

// The columns of b that are worked on at a time: they stay in registers.
constexpr std::size_t kColumns = 8;
constexpr std::size_t kRows = 4;

// c [kRows, kColumns] = a [kRows, k] b [k, kColumns], a with rows `stride` apart.
void multiply_tile(const double* a, std::size_t stride, const double* b, std::size_t k,
                   double (&c)[kRows][kColumns]) {
  for (std::size_t l = 0; l < k; ++l) {
    for (std::size_t i = 0; i < kRows; ++i) {
      for (std::size_t j = 0; j < kColumns; ++j) c[i][j] += a[i * stride + l] * b[l * kColumns + j];
    }
  }
}

// Columns j0 to j0 + kColumns of b [k, n], and zeros where it has no more.
std::vector<double> pack_columns(const std::vector<double>& b, std::size_t n, std::size_t k,
                                 std::size_t j0) {
  std::vector<double> packed(k * kColumns);
  const std::size_t width = std::min(kColumns, n - j0);
  for (std::size_t l = 0; l < k; ++l) {
    std::copy_n(&b[l * n + j0], width, &packed[l * kColumns]);
  }
  return packed;
}

}  // namespace

std::size_t Matrix::extent_bytes() const {
  if (rows == 0 || columns == 0) return 0;
  return ((rows - 1) * row_stride + (columns - 1) * column_stride + 1) * element_bytes();
}

Rounding rounding_of(cublasComputeType_t compute) {
  switch (compute) {
    case CUBLAS_COMPUTE_32F_FAST_TF32:
      return Rounding::tf32;
    case CUBLAS_COMPUTE_32F_FAST_16BF:
      return Rounding::bf16;
    default:
      return Rounding::none;
  }
}

std::vector<double> load(const Matrix& matrix, Rounding rounding) {
  std::vector<double> values(matrix.rows * matrix.columns);
  for (std::size_t i = 0; i < matrix.rows; ++i) {
    for (std::size_t j = 0; j < matrix.columns; ++j) {
      const std::size_t at = i * matrix.row_stride + j * matrix.column_stride;
      values[i * matrix.columns + j] =
          matrix.type == CUDA_R_16BF ? float{static_cast<const __nv_bfloat16*>(matrix.data)[at]}
                                     : round(static_cast<const float*>(matrix.data)[at], rounding);
    }
  }
  return values;
}

void store(const Matrix& matrix, const std::vector<double>& values) {
  void* data = const_cast<void*>(matrix.data);
  for (std::size_t i = 0; i < matrix.rows; ++i) {
    for (std::size_t j = 0; j < matrix.columns; ++j) {
      const std::size_t at = i * matrix.row_stride + j * matrix.column_stride;
      const auto value = static_cast<float>(values[i * matrix.columns + j]);
      if (matrix.type == CUDA_R_16BF) {
        static_cast<__nv_bfloat16*>(data)[at] = value;
      } else {
        static_cast<float*>(data)[at] = value;
      }
    }
  }
}

std::vector<double> multiply(const std::vector<double>& a, const std::vector<double>& b,
                             std::size_t m, std::size_t n, std::size_t k) {
  std::vector<double> c(m * n);
  const std::size_t padded_rows = (m + kRows - 1) / kRows * kRows;
  std::vector<double> padded(a);
  padded.resize(padded_rows * k);
  for (std::size_t j0 = 0; j0 < n; j0 += kColumns) {
    const std::vector<double> columns = pack_columns(b, n, k, j0);
    for (std::size_t i0 = 0; i0 < m; i0 += kRows) {
      double tile[kRows][kColumns] = {};
      multiply_tile(padded.data() + i0 * k, k, columns.data(), k, tile);
      for (std::size_t i = i0; i < std::min(m, i0 + kRows); ++i) {
        std::copy_n(tile[i - i0], std::min(kColumns, n - j0), &c[i * n + j0]);
      }
    }
  }
  return c;
}

Scalar::Scalar(const void* value, bool on_device)
    : device_(on_device ? static_cast<const float*>(value) : nullptr),
      value_(on_device ? 0 : *static_cast<const float*>(value)) {}

bool Scalar::check(const std::string& what) const {
  return device_ == nullptr || check_range(device_, sizeof *device_, what);
}

double Scalar::read() const { return device_ != nullptr ? *device_ : value_; }

bool check_matrix(const Matrix& matrix, const std::string& what) {
  if (matrix.extent_bytes() == 0) return true;
  if (reinterpret_cast<std::uintptr_t>(matrix.data) % matrix.element_bytes() != 0) {
    fail(fmt::format("{} is at {}, no multiple of its elements' size", what, matrix.data));
    return false;
  }
  return check_range(matrix.data, matrix.extent_bytes(), what);
}

bool overlap(const Matrix& a, const Matrix& b) {
  const auto* first = static_cast<const char*>(a.data);
  const auto* second = static_cast<const char*>(b.data);
  return first < second + b.extent_bytes() && second < first + a.extent_bytes();
}

void scribble(void* workspace, std::size_t bytes) {
  if (bytes > 0) std::memset(workspace, kPoison, std::min(bytes, kPage));
}

}  // namespace emulation
