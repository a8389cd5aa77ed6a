// Matrix products in double, of matrices in device memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cublas_v2.h"

namespace emulation {

// Element (i, j) stands row_stride · i + column_stride · j elements after the first.
struct Matrix {
  const void* data;
  cudaDataType_t type;
  std::size_t rows, columns;
  std::size_t row_stride, column_stride;

  std::size_t element_bytes() const { return type == CUDA_R_16BF ? 2 : 4; }
  // From the first element to the end of the last one; 0 if there are none.
  std::size_t extent_bytes() const;
  Matrix transposed() const { return {data, type, columns, rows, column_stride, row_stride}; }
};

// What a type of computation makes of fp32 inputs before it multiplies them.
enum class Rounding { none, tf32, bf16 };
Rounding rounding_of(cublasComputeType_t compute);

// Row-major.
std::vector<double> load(const Matrix& matrix, Rounding rounding);
void store(const Matrix& matrix, const std::vector<double>& values);

// a [m, k] times b [k, n]: [m, n], each sum in the order of k.
std::vector<double> multiply(const std::vector<double>& a, const std::vector<double>& b,
                             std::size_t m, std::size_t n, std::size_t k);

// alpha or beta, on the host or on the device.
class Scalar {
 public:
  // On the host it is read now.
  Scalar(const void* value, bool on_device);
  // Fails unless a scalar on the device can be read there.
  bool check(const std::string& what) const;
  double read() const;

 private:
  const float* device_;
  float value_;
};

// Fails unless the matrix lies inside one allocation, at a multiple of its elements' size.
bool check_matrix(const Matrix& matrix, const std::string& what);
bool overlap(const Matrix& a, const Matrix& b);

// Spoils the beginning of a product's workspace, so that whoever else uses it notices.
void scribble(void* workspace, std::size_t bytes);

}  // namespace emulation
