// What differs between oneDNN 2 and 3.
#pragma once

#include <dnnl.hpp>

namespace kilat {

inline dnnl::matmul::primitive_desc matmul_description(const dnnl::engine& engine,
                                                       const dnnl::memory::desc& a,
                                                       const dnnl::memory::desc& b,
                                                       const dnnl::memory::desc& c,
                                                       const dnnl::primitive_attr& attributes) {
#if DNNL_VERSION_MAJOR < 3
  return {dnnl::matmul::desc(a, b, c), attributes, engine};
#else
  return {engine, a, b, c, attributes};
#endif
}

}  // namespace kilat
