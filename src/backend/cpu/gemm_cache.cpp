#include "backend/cpu/gemm_cache.h"

#include <array>

#include <omp.h>

#include "backend/cpu/onednn.h"

namespace kilat {
namespace {

template <class Real>
dnnl::memory::desc describe(const Strided<Real>& m) {
  const auto rows = static_cast<dnnl::memory::dim>(m.rows);
  const auto columns = static_cast<dnnl::memory::dim>(m.columns);
  const auto stride = static_cast<dnnl::memory::dim>(m.stride);
  return {{rows, columns},
          dnnl::memory::data_type::f32,
          m.transposed ? dnnl::memory::dims{1, stride} : dnnl::memory::dims{stride, 1}};
}

// Sets OpenMP's thread count to 1: oneDNN plans a primitive for that many threads.
class OneThread {
 public:
  OneThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

// The properties that a oneDNN primitive is created for.
struct Shape {
  std::size_t m, n, k;
  std::size_t c_stride, a_stride, b_stride;
  bool a_transposed, b_transposed, accumulate;

  bool operator==(const Shape&) const = default;
};

dnnl::matmul::primitive_desc describe(const dnnl::engine& engine, const Strided<float>& c,
                                      const Strided<const float>& a, const Strided<const float>& b,
                                      bool accumulate) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (accumulate) {
    dnnl::post_ops sum;
    sum.append_sum(1.0F);
    attributes.set_post_ops(sum);
  }
  return matmul_description(engine, describe(a), describe(b), describe(c), attributes);
}

}  // namespace

struct GemmCache::Product {
  Shape shape;
  dnnl::matmul matmul;
  dnnl::memory a, b, c, scratchpad;
};

GemmCache::GemmCache() : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {}
GemmCache::~GemmCache() = default;

GemmCache::Product& GemmCache::find(const Strided<float>& c, const Strided<const float>& a,
                                    const Strided<const float>& b, bool accumulate) {
  const Shape shape{c.rows,   c.columns,    a.columns,    c.stride,  a.stride,
                    b.stride, a.transposed, b.transposed, accumulate};
  for (const auto& product : products_) {
    if (product->shape == shape) return *product;
  }
  const auto description = describe(engine_, c, a, b, accumulate);
  products_.push_back(std::make_unique<Product>(Product{
      shape, dnnl::matmul(description), dnnl::memory(description.src_desc(), engine_, nullptr),
      dnnl::memory(description.weights_desc(), engine_, nullptr),
      dnnl::memory(description.dst_desc(), engine_, nullptr),
      dnnl::memory(description.scratchpad_desc(), engine_)}));
  return *products_.back();
}

void GemmCache::multiply(Strided<float> c, Strided<const float> a, Strided<const float> b,
                         bool accumulate) {
  const OneThread limit;
  Product& product = find(c, a, b, accumulate);
  product.a.set_data_handle(const_cast<float*>(a.data));
  product.b.set_data_handle(const_cast<float*>(b.data));
  product.c.set_data_handle(c.data);
  const std::array<dnnl_exec_arg_t, 4> arguments = {
      {{DNNL_ARG_SRC, product.a.get()},
       {DNNL_ARG_WEIGHTS, product.b.get()},
       {DNNL_ARG_DST, product.c.get()},
       {DNNL_ARG_SCRATCHPAD, product.scratchpad.get()}}};
  dnnl::error::wrap_c_api(
      dnnl_primitive_execute(product.matmul.get(), stream_.get(),
                             static_cast<int>(arguments.size()), arguments.data()),
      "oneDNN could not execute a matmul");
}

}  // namespace kilat
