// oneDNN's matmul primitives, created once for each shape.
#pragma once

#include <cstddef>
#include <dnnl.hpp>
#include <memory>
#include <vector>

#include "backend/types.h"

namespace kilat {

// Used by one thread at a time. A product seen before allocates nothing of Kilat's own.
class GemmCache {
 public:
  GemmCache();
  ~GemmCache();

  // C (+)= A · B with this many threads. Shapes fit and no extent is 0.
  void multiply(MatrixView<float> c, MatrixView<const float> a, MatrixView<const float> b,
                bool accumulate, bool threaded);

 private:
  struct Product;
  Product& find(const MatrixView<float>& c, const MatrixView<const float>& a,
                const MatrixView<const float>& b, bool accumulate, bool threaded);

  dnnl::engine engine_;
  dnnl::stream stream_;
  std::vector<std::unique_ptr<Product>> products_;
};

}  // namespace kilat
