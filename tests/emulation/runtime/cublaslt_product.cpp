#include "runtime/cublaslt_product.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "runtime/arena.h"
#include "runtime/counters.h"
#include "runtime/failure.h"
#include "runtime/library.h"
#include "runtime/shared_memory.h"

namespace emulation {
namespace {

constexpr std::uint64_t kSeal = 0x656d756c61746564;
constexpr const char* kMatmul = "cublasLtMatmul";

// As it is multiplied, op applied.
Matrix matrix(const void* data, const cublasLtMatrixLayoutOpaque_t& layout,
              std::int32_t op = CUBLAS_OP_N) {
  const auto ld = static_cast<std::size_t>(layout.ld);
  const bool by_columns = layout.order == CUBLASLT_ORDER_COL;
  const Matrix stored = {data,           layout.type,         layout.rows,
                         layout.columns, by_columns ? 1 : ld, by_columns ? ld : 1};
  return op == CUBLAS_OP_N ? stored : stored.transposed();
}

bool is_known(std::uint32_t epilogue) {
  switch (epilogue) {
    case CUBLASLT_EPILOGUE_DEFAULT:
    case CUBLASLT_EPILOGUE_RELU:
    case CUBLASLT_EPILOGUE_BIAS:
    case CUBLASLT_EPILOGUE_RELU_BIAS:
    case CUBLASLT_EPILOGUE_BGRADA:
    case CUBLASLT_EPILOGUE_BGRADB:
      return true;
    default:
      return false;
  }
}

constexpr std::uint32_t kWithVector =
    CUBLASLT_EPILOGUE_BIAS | CUBLASLT_EPILOGUE_BGRADA | CUBLASLT_EPILOGUE_BGRADB;

std::uint64_t alignment_of(const void* pointer) {
  const auto address = reinterpret_cast<std::uintptr_t>(pointer) | 256;
  return address & (~address + 1);
}

}  // namespace

cublasStatus_t LtShape::check(const char* call) const {
  for (const auto* layout : {&a, &b, &c, &d}) {
    const std::uint64_t line = layout->order == CUBLASLT_ORDER_COL ? layout->rows : layout->columns;
    if (layout->rows == 0 || layout->columns == 0 || layout->ld < static_cast<std::int64_t>(line)) {
      return status(CUBLAS_STATUS_INVALID_VALUE, call,
                    fmt::format("a matrix of {} rows, {} columns, ld = {}", layout->rows,
                                layout->columns, layout->ld));
    }
  }
  const Matrix left = matrix(nullptr, a, descriptor.op_a);
  const Matrix right = matrix(nullptr, b, descriptor.op_b);
  if (left.columns != right.rows || left.rows != d.rows || right.columns != d.columns ||
      c.rows != d.rows || c.columns != d.columns) {
    return status(CUBLAS_STATUS_INVALID_VALUE, call,
                  fmt::format("[{}, {}] times [{}, {}] into [{}, {}]", left.rows, left.columns,
                              right.rows, right.columns, d.rows, d.columns));
  }
  const bool fp32 = a.type == CUDA_R_32F && d.type == CUDA_R_32F;
  const bool bf16 = a.type == CUDA_R_16BF && (d.type == CUDA_R_32F || d.type == CUDA_R_16BF);
  if (a.type != b.type || c.type != d.type || !(fp32 || bf16) || descriptor.scale != CUDA_R_32F) {
    return status(CUBLAS_STATUS_NOT_SUPPORTED, call, "these types");
  }
  if (!is_known(descriptor.epilogue) ||
      (descriptor.epilogue != CUBLASLT_EPILOGUE_DEFAULT && d.order != CUBLASLT_ORDER_COL)) {
    return status(CUBLAS_STATUS_NOT_SUPPORTED, call,
                  fmt::format("epilogue {} in order {}", descriptor.epilogue, d.order));
  }
  return CUBLAS_STATUS_SUCCESS;
}

cublasLtMatmulAlgo_t algorithm_for(const cublasLtMatmulDescOpaque_t& descriptor,
                                   const cublasLtMatmulPreferenceOpaque_t& preference) {
  cublasLtMatmulAlgo_t algorithm = {};
  algorithm.data[0] = kSeal;
  algorithm.data[1] = preference.workspace_bytes;
  std::copy(preference.alignments.begin(), preference.alignments.end(), algorithm.data + 2);
  algorithm.data[6] = alignment_of(descriptor.bias);
  return algorithm;
}

LtProduct::LtProduct(const LtShape& shape, const LtPointers& pointers, const void* alpha,
                     const void* beta, void* workspace, std::size_t workspace_bytes)
    : a_(matrix(pointers.a, shape.a, shape.descriptor.op_a)),
      b_(matrix(pointers.b, shape.b, shape.descriptor.op_b)),
      c_(matrix(pointers.c, shape.c)),
      d_(matrix(pointers.d, shape.d)),
      alpha_(alpha, shape.descriptor.pointer_mode == CUBLASLT_POINTER_MODE_DEVICE),
      beta_(beta, shape.descriptor.pointer_mode == CUBLASLT_POINTER_MODE_DEVICE),
      reads_c_(shape.descriptor.pointer_mode == CUBLASLT_POINTER_MODE_DEVICE || beta_.read() != 0),
      rounding_(rounding_of(shape.descriptor.compute)),
      epilogue_(shape.descriptor.epilogue),
      bias_((epilogue_ & kWithVector) != 0 ? shape.descriptor.bias : nullptr),
      workspace_(workspace),
      workspace_bytes_(workspace_bytes) {}

// A vector along the rows of D, or along its columns for BGRADB.
Matrix LtProduct::bias() const {
  const std::size_t length = has(CUBLASLT_EPILOGUE_BGRADB) ? d_.columns : d_.rows;
  return {bias_, d_.type, length, 1, 1, length};
}

bool LtProduct::check() const {
  const std::string name = kMatmul;
  if (overlap(a_, d_) || overlap(b_, d_)) {
    fail(name + ": D overlaps A or B");
    return false;
  }
  const bool in_place = c_.data == d_.data && c_.column_stride == d_.column_stride;
  if (reads_c_ && !in_place && overlap(c_, d_)) {
    fail(name + ": D overlaps C without being C");
    return false;
  }
  if ((epilogue_ & kWithVector) != 0 && !check_matrix(bias(), name + ": the bias")) return false;
  if (reinterpret_cast<std::uintptr_t>(workspace_) % 256 != 0) {
    fail(name + ": the workspace is not aligned to 256 bytes");
    return false;
  }
  return check_matrix(a_, name + ": A") && check_matrix(b_, name + ": B") &&
         (!reads_c_ || check_matrix(c_, name + ": C")) && check_matrix(d_, name + ": D") &&
         alpha_.check(name + ": alpha") && beta_.check(name + ": beta") &&
         check_range(workspace_, workspace_bytes_, name + ": the workspace");
}

cublasStatus_t LtProduct::check_algorithm(const cublasLtMatmulAlgo_t& algorithm) const {
  if (algorithm.data[0] != kSeal) {
    return status(CUBLAS_STATUS_INVALID_VALUE, kMatmul, "the algorithm comes from no heuristic");
  }
  if (workspace_bytes_ < algorithm.data[1]) {
    return status(CUBLAS_STATUS_INVALID_VALUE, kMatmul,
                  fmt::format("{} bytes of workspace where the algorithm takes {}",
                              workspace_bytes_, algorithm.data[1]));
  }
  const void* pointers[] = {a_.data, b_.data, reads_c_ ? c_.data : d_.data, d_.data, bias_};
  for (int i = 0; i < 5; ++i) {
    if (pointers[i] == nullptr || alignment_of(pointers[i]) >= algorithm.data[2 + i]) continue;
    return status(CUBLAS_STATUS_INVALID_VALUE, kMatmul,
                  fmt::format("{} is aligned to {} bytes where the algorithm takes {}", "ABCD+"[i],
                              alignment_of(pointers[i]), algorithm.data[2 + i]));
  }
  return CUBLAS_STATUS_SUCCESS;
}

void LtProduct::add_bias(std::vector<double>& values) const {
  const std::vector<double> bias_values = load(bias(), Rounding::none);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += bias_values[i / d_.columns];
}

void LtProduct::store_bias_gradient(const std::vector<double>& a,
                                    const std::vector<double>& b) const {
  const std::size_t k = a_.columns;
  std::vector<double> sums(bias().rows);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    for (std::size_t l = 0; l < k; ++l) {
      sums[i] += has(CUBLASLT_EPILOGUE_BGRADA) ? a[i * k + l] : b[l * d_.columns + i];
    }
  }
  store(bias(), sums);
}

void LtProduct::run() const {
  if (!check()) return;
  ++counted().library_calls;
  const std::vector<double> a = load(a_, rounding_), b = load(b_, rounding_);
  std::vector<double> values = multiply(a, b, d_.rows, d_.columns, a_.columns);
  const double alpha = alpha_.read(), beta = beta_.read();
  for (double& value : values) value *= alpha;
  if (beta != 0) {
    const std::vector<double> before = load(c_, Rounding::none);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] += beta * before[i];
  }
  if (has(CUBLASLT_EPILOGUE_BIAS)) add_bias(values);
  if (has(CUBLASLT_EPILOGUE_RELU)) {
    // NaN becomes 0: nothing promises that it stays.
    for (double& value : values) value = value > 0 ? value : 0;
  }
  if (has(CUBLASLT_EPILOGUE_BGRADA) || has(CUBLASLT_EPILOGUE_BGRADB)) store_bias_gradient(a, b);
  store(d_, values);
  scribble(workspace_, workspace_bytes_);
}

}  // namespace emulation
