// oneDNN's matmul primitives, created once for each shape.
#pragma once

#include <cstddef>
#include <dnnl.hpp>
#include <memory>
#include <vector>

#include "backend/types.h"

namespace kilat {

// A part of a larger matrix. The rows as stored, before any transposition, are `stride` elements
// apart.
template <class Real>
struct Strided : MatrixView<Real> {
  std::size_t stride;
};

// Single-threaded: products run on the calling thread, and only one thread may use a cache at a
// time. For a shape seen before, Kilat itself allocates nothing.
class GemmCache {
 public:
  GemmCache();
  ~GemmCache();

  // C (+)= A · B. Shapes fit and no extent is 0.
  void multiply(Strided<float> c, Strided<const float> a, Strided<const float> b, bool accumulate);

 private:
  struct Product;
  Product& find(const Strided<float>& c, const Strided<const float>& a,
                const Strided<const float>& b, bool accumulate);

  dnnl::engine engine_;
  dnnl::stream stream_;
  std::vector<std::unique_ptr<Product>> products_;
};

}  // namespace kilat
