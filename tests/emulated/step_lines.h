// What a training step launches, and the bytes that each launch moves at least, from the shapes.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace kilat {

struct Work {
  const char* name;
  std::size_t rows;  // of a step's batch
  bool is_full;      // the whole set, not gathered
  std::vector<std::size_t> widths;
};

// The first layer's products: in fp32, from a widened copy of the pixels, or from the bytes.
enum class First { fp32, bytes };
inline constexpr First kFirsts[] = {First::fp32, First::bytes};

// Products are cuBLAS's, and have no kernel name here.
struct Line {
  std::string what;
  std::string kernel;
  std::size_t launches;                      // a step
  double bytes;                              // a step
  double arithmetic = 0;                     // µs, of the products
  std::optional<First> only = std::nullopt;  // in one of the two ways

  bool is_in(First first) const { return only.value_or(first) == first; }
};

inline constexpr const char* kProduct = "product";

// The peaks of an H100 and an H200 (SXM, NVIDIA's data sheets): fp32 units, and tensor cores on
// dense bf16 matrices. Operations a microsecond.
inline constexpr double kFp32 = 67e6, kBf16 = 989e6;

// C [m, n] of k terms, by cuBLAS.
inline Line product(std::string what, double m, double n, double k,
                    std::optional<First> only = std::nullopt) {
  return {std::move(what), kProduct, 1, 4 * (m * k + k * n + m * n), 2 * m * n * k / kFp32, only};
}

// Three bf16 products, of which tensor cores make 16 columns at a time.
inline double exact_arithmetic(double rows, double units, double features) {
  return 3 * 2 * rows * std::ceil(units / 16) * 16 * features / kBf16;
}

// How kernels/exact_gradient.cu shares a batch out, for the works here.
inline std::size_t parts_of(std::size_t rows, std::size_t units, std::size_t features) {
  const std::size_t depth = units <= 16 ? 64 : 128, m = units <= 16 ? 128 : 32;
  const std::size_t n = units <= 16 ? 16 : 32;
  const std::size_t tiles = ((features + m - 1) / m) * ((units + n - 1) / n);
  const std::size_t stages = (rows + depth - 1) / depth;
  const std::size_t parts = std::max<std::size_t>(std::min(512 / tiles, stages / 4), 1);
  const std::size_t stages_of_part = (stages + parts - 1) / parts;
  return (stages + stages_of_part - 1) / stages_of_part;
}

inline void add_first_gradient(std::vector<Line>& lines, const Work& work) {
  const auto m = static_cast<double>(work.rows);
  const auto features = static_cast<double>(work.widths[0]);
  const auto units = static_cast<double>(work.widths[1]);
  lines.push_back(product("layer 1: weights' gradient, in fp32", units, features, m, First::fp32));
  lines.push_back({"layer 1: bias's gradient, in fp32", "column_sum_chunks",
                   work.rows > 512 ? std::size_t{2} : 1, 4 * m * units, 0, First::fp32});
  const std::size_t parts = parts_of(work.rows, work.widths[1], work.widths[0]);
  const double gradient = 4 * units * (features + 1);
  lines.push_back({"layer 1: weights' and bias's gradient, from bytes", "exact_gradient_tiles", 1,
                   m * features + 4 * m * units + static_cast<double>(parts) * gradient,
                   exact_arithmetic(m, units, features), First::bytes});
  if (parts > 1) {
    lines.push_back({fmt::format("layer 1: sum of {} parts", parts), "sum_parts", 1,
                     static_cast<double>(parts + 1) * gradient, 0, First::bytes});
  }
}

// What a step of the work does, in order.
inline std::vector<Line> lines_of(const Work& work) {
  const auto m = static_cast<double>(work.rows);
  std::vector<double> width(work.widths.begin(), work.widths.end());
  const std::size_t layers = width.size() - 1;
  const double features = width[0], classes = width.back();
  double parameters = 0;
  std::vector<Line> lines;
  if (!work.is_full) lines.push_back({"gather", "gather_rows", 1, m * (2 * features + 6)});
  lines.push_back({"widen, for fp32", "widen_bytes", 1, 5 * m * features, 0, First::fp32});
  for (std::size_t l = 0; l < layers; ++l) parameters += width[l + 1] * (width[l] + 1);
  lines.push_back(
      product("layer 1: product, bias, ReLU, in fp32", m, width[1], features, First::fp32));
  lines.push_back({"layer 1: product, bias, ReLU, from bytes", "exact_linear_tiles", 1,
                   m * features + 4 * width[1] * (features + m),
                   exact_arithmetic(m, width[1], features), First::bytes});
  for (std::size_t l = 1; l < layers; ++l) {
    const char* rest = l + 1 < layers ? ", bias, ReLU" : "";
    lines.push_back(
        product(fmt::format("layer {}: product{}", l + 1, rest), m, width[l + 1], width[l]));
  }
  lines.push_back({"softmax, cross-entropy", "cross_entropy_rows", 1, m * (8 * classes + 6)});
  const std::size_t stages = work.rows > 512 ? 2 : 1;
  for (std::size_t l = layers; l > 1; --l) {
    lines.push_back(
        product(fmt::format("layer {}: input's gradient", l), m, width[l - 1], width[l]));
    lines.push_back({fmt::format("layer {}: ReLU's gradient", l), "activation_backward_packs", 1,
                     12 * m * width[l - 1]});
    lines.push_back(
        product(fmt::format("layer {}: weights' gradient", l), width[l], width[l - 1], m));
    lines.push_back({fmt::format("layer {}: bias's gradient", l), "column_sum_chunks", stages,
                     4 * m * width[l]});
  }
  add_first_gradient(lines, work);
  lines.push_back({"check of the losses", "check_losses", 1, 4 * m});
  lines.push_back({"update, on to the next batch", "update_parameters", 1, 20 * parameters});
  return lines;
}

}  // namespace kilat
