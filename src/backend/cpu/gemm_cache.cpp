#include "backend/cpu/gemm_cache.h"

#include <array>

#include <omp.h>

#include "backend/cpu/onednn.h"

namespace kilat {
namespace {

dnnl::memory::desc describe(MatrixView<const float> m) {
  const auto rows = static_cast<dnnl::memory::dim>(m.rows);
  const auto columns = static_cast<dnnl::memory::dim>(m.columns);
  return {{rows, columns},
          dnnl::memory::data_type::f32,
          m.transposed ? dnnl::memory::dims{1, rows} : dnnl::memory::dims{columns, 1}};
}

dnnl::matmul::primitive_desc describe(const dnnl::engine& engine, MatrixView<const float> c,
                                      MatrixView<const float> a, MatrixView<const float> b,
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

// oneDNN plans for as many threads as OpenMP would give; a slice has one.
class ThreadLimit {
 public:
  explicit ThreadLimit(bool threaded) : before_(omp_get_max_threads()) {
    if (!threaded) omp_set_num_threads(1);
  }
  ~ThreadLimit() { omp_set_num_threads(before_); }
  ThreadLimit(const ThreadLimit&) = delete;
  ThreadLimit& operator=(const ThreadLimit&) = delete;

 private:
  int before_;
};

}  // namespace

struct GemmCache::Product {
  std::size_t m, n, k;
  bool a_transposed, b_transposed, accumulate, threaded;
  dnnl::matmul matmul;
  dnnl::memory a, b, c, scratchpad;

  bool operator==(const Product& o) const {
    return m == o.m && n == o.n && k == o.k && a_transposed == o.a_transposed &&
           b_transposed == o.b_transposed && accumulate == o.accumulate && threaded == o.threaded;
  }
};

GemmCache::GemmCache() : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {}
GemmCache::~GemmCache() = default;

GemmCache::Product& GemmCache::find(const MatrixView<float>& c, const MatrixView<const float>& a,
                                    const MatrixView<const float>& b, bool accumulate,
                                    bool threaded) {
  Product wanted{c.rows,   c.columns, a.columns, a.transposed, b.transposed, accumulate,
                 threaded, {},        {},        {},           {},           {}};
  for (const auto& product : products_) {
    if (*product == wanted) return *product;
  }
  const ThreadLimit limit(threaded);
  const auto description = describe(engine_, c, a, b, accumulate);
  wanted.matmul = dnnl::matmul(description);
  wanted.a = dnnl::memory(description.src_desc(), engine_, nullptr);
  wanted.b = dnnl::memory(description.weights_desc(), engine_, nullptr);
  wanted.c = dnnl::memory(description.dst_desc(), engine_, nullptr);
  wanted.scratchpad = dnnl::memory(description.scratchpad_desc(), engine_);
  products_.push_back(std::make_unique<Product>(std::move(wanted)));
  return *products_.back();
}

void GemmCache::multiply(MatrixView<float> c, MatrixView<const float> a, MatrixView<const float> b,
                         bool accumulate, bool threaded) {
  Product& product = find(c, a, b, accumulate, threaded);
  product.a.set_data_handle(const_cast<float*>(a.data));
  product.b.set_data_handle(const_cast<float*>(b.data));
  product.c.set_data_handle(c.data);
  const std::array<dnnl_exec_arg_t, 4> arguments = {
      {{DNNL_ARG_SRC, product.a.get()},
       {DNNL_ARG_WEIGHTS, product.b.get()},
       {DNNL_ARG_DST, product.c.get()},
       {DNNL_ARG_SCRATCHPAD, product.scratchpad.get()}}};
  const ThreadLimit limit(threaded);
  dnnl::error::wrap_c_api(
      dnnl_primitive_execute(product.matmul.get(), stream_.get(),
                             static_cast<int>(arguments.size()), arguments.data()),
      "oneDNN could not execute a matmul");
}

}  // namespace kilat
