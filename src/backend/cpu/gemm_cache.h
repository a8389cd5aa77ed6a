// oneDNN's matmul primitives, created once for each shape.
#pragma once

#include <cstddef>
#include <dnnl.hpp>
#include <memory>
#include <vector>

#include "backend/types.h"

namespace kilat {

// A matrix inside of a larger one: its rows, or those of what it is the transpose of, are `stride`
// apart.
template <class Real>
struct Strided : MatrixView<Real> {
  std::size_t stride;
};

// Used by one thread at a time, on which everything is done. A product seen before allocates
// nothing of Kilat's own.
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
