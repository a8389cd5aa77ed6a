// The objects of cuBLASLt that exist.
#pragma once

#include <initializer_list>

#include "runtime/cublaslt_product.h"
#include "runtime/registry.h"

struct cublasLtContext {};

namespace emulation {

template <class T>
Registry<T>& all() {
  static auto& registry = *new Registry<T>;
  return registry;
}

bool exist(std::initializer_list<cublasLtMatrixLayout_t> layouts);

}  // namespace emulation
