// The table of docs/gpu.md: what a step launches, counted here, and the bytes that each launch
// moves at least, from the shapes.
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "emulation.h"
#include "train/agreement.h"

namespace kilat {
namespace {

struct Work {
  const char* name;
  std::size_t rows;  // of a step's batch
  bool is_full;      // the whole set, not gathered
  std::vector<std::size_t> widths;
};

// Products are cuBLAS's, and have no kernel name here.
struct Line {
  std::string what;
  std::string kernel;
  std::size_t launches;  // a step
  double bytes;          // a step
};

constexpr const char* kProduct = "product";

double product_bytes(double m, double n, double k) { return 4 * (m * k + k * n + m * n); }

// What a step of the work does, in order.
std::vector<Line> lines_of(const Work& work) {
  const auto m = static_cast<double>(work.rows);
  std::vector<double> width(work.widths.begin(), work.widths.end());
  const std::size_t layers = width.size() - 1;
  const double features = width[0], classes = width.back();
  double parameters = 0;
  std::vector<Line> lines;
  if (!work.is_full) lines.push_back({"gather", "gather_rows", 1, m * (2 * features + 6)});
  lines.push_back({"widen", "widen_bytes", 1, 5 * m * features});
  for (std::size_t l = 0; l < layers; ++l) {
    parameters += width[l + 1] * (width[l] + 1);
    lines.push_back({l + 1 < layers ? fmt::format("layer {}: product, bias, ReLU", l + 1)
                                    : fmt::format("layer {}: product", l + 1),
                     kProduct, 1, product_bytes(m, width[l + 1], width[l])});
  }
  lines.push_back({"softmax, cross-entropy", "cross_entropy_rows", 1, m * (8 * classes + 6)});
  const std::size_t stages = work.rows > 512 ? 2 : 1;
  for (std::size_t l = layers; l > 0; --l) {
    if (l > 1) {
      lines.push_back({fmt::format("layer {}: input's gradient", l), kProduct, 1,
                       product_bytes(m, width[l - 1], width[l])});
      lines.push_back({fmt::format("layer {}: ReLU's gradient", l), "relu_backward_packs", 1,
                       12 * m * width[l - 1]});
    }
    lines.push_back({fmt::format("layer {}: weights' gradient", l), kProduct, 1,
                     product_bytes(width[l], width[l - 1], m)});
    lines.push_back({fmt::format("layer {}: bias's gradient", l), "column_sum_chunks", stages,
                     4 * m * width[l]});
  }
  lines.push_back({"check of the losses", "check_losses", 1, 4 * m});
  lines.push_back({"update", "update_parameters", 1, 20 * parameters});
  lines.push_back({"advance", "advance_cursor", 1, 48});
  return lines;
}

constexpr std::size_t kSamples = 60000;

// Graphs that an epoch of the work launches, once all are recorded. In little: they depend on the
// number of full batches and on whether a short one is left.
std::size_t count_graphs_of_epoch(const Work& work) {
  const std::size_t steps = (kSamples + work.rows - 1) / work.rows;
  const bool has_short = kSamples % work.rows != 0;
  const Dataset data = stripes(has_short ? 2 * steps - 1 : steps, 4, 2, 1);
  Recipe recipe = tiny_recipe();
  recipe.hidden = {2};
  recipe.batch = has_short ? 2 : work.is_full ? 0 : 1;
  recipe.epochs = 3;
  const auto trainer = trainer_of(tested_device(2), recipe, data);
  for (int epoch = 0; epoch < 2; ++epoch) trainer->steps(steps);
  trainer->cursor();
  emulation::reset_counters();
  trainer->steps(steps);
  const std::size_t graphs = emulation::counters().graph_launches;
  trainer->cursor();
  return graphs;
}

// The batch in little: what is launched depends on the rows only by column_sum's two stages.
emulation::Counters count_step(const Work& work) {
  const std::size_t rows = std::min<std::size_t>(work.rows, 600);
  const Dataset data = stripes(work.is_full ? rows : 2 * rows, work.widths.front(), 10, 1);
  Recipe recipe = tiny_recipe();
  recipe.hidden = {work.widths.begin() + 1, work.widths.end() - 1};
  recipe.batch = work.is_full ? 0 : rows;
  recipe.epochs = 10;
  const auto trainer = trainer_of(tested_device(2), recipe, data);
  for (int i = 0; i < 4; ++i) trainer->step();
  trainer->seek(1);  // in the midst of an epoch, where nothing is shuffled
  trainer->cursor();
  emulation::reset_counters();
  trainer->step();
  trainer->cursor();
  return emulation::counters();
}

std::size_t executed(const emulation::Counters& counters, const std::string& kernel) {
  if (kernel == kProduct) return counters.library_calls;
  std::size_t times = 0;
  for (const auto& [name, count] : counters.kernels) {
    if (name.find("::" + kernel) != std::string::npos) times += count;
  }
  return times;
}

std::string table_of(const Work& work) {
  std::string text = fmt::format("| {} | launches | MB |\n| --- | ---: | ---: |\n", work.name);
  std::size_t launches = 0;
  double bytes = 0;
  for (const Line& line : lines_of(work)) {
    text += fmt::format("| {} | {} | {:.3f} |\n", line.what, line.launches, line.bytes / 1e6);
    launches += line.launches;
    bytes += line.bytes;
  }
  const std::size_t steps = (kSamples + work.rows - 1) / work.rows;
  return text + fmt::format("| a step | {} | {:.3f} |\n", launches, bytes / 1e6) +
         fmt::format("| an epoch, {} step{} | graphs: {} | |\n", steps, steps == 1 ? "" : "s",
                     count_graphs_of_epoch(work)) +
         fmt::format("| a step at least, on an H100 (3.35 TB/s) | | {:.2f} µs |\n",
                     bytes / 3.35e6) +
         fmt::format("| a step at least, on an H200 (4.8 TB/s) | | {:.2f} µs |\n", bytes / 4.8e6);
}

const std::vector<Work> kWorks = {{"full batch, 60,000 × 784-10-10", kSamples, true, {784, 10, 10}},
                                  {"784-800-10, b = 128", 128, false, {784, 800, 10}},
                                  {"784-128-10, b = 32", 32, false, {784, 128, 10}}};

TEST(StepTableTest, ListsEveryLaunchOfAStep) {
  for (const Work& work : kWorks) {
    const emulation::Counters counters = count_step(work);
    EXPECT_EQ(counters.graph_launches, 1U);
    EXPECT_EQ(counters.launches, 0U);
    std::map<std::string, std::size_t> listed;
    std::size_t kernels = 0, listed_kernels = 0;
    for (const Line& line : lines_of(work)) listed[line.kernel] += line.launches;
    for (const auto& [kernel, launches] : listed) {
      EXPECT_EQ(executed(counters, kernel), launches) << work.name << ": " << kernel;
      if (kernel != kProduct) listed_kernels += launches;
    }
    for (const auto& [name, count] : counters.kernels) kernels += count;
    EXPECT_EQ(kernels, listed_kernels) << work.name;
  }
}

TEST(StepTableTest, IsTheOneInTheDocs) {
  std::ifstream file(KILAT_DOCS "/gpu.md");
  std::stringstream page;
  page << file.rdbuf();
  for (const Work& work : kWorks) {
    const std::string table = table_of(work);
    EXPECT_NE(page.str().find(table), std::string::npos) << "docs/gpu.md should hold:\n" << table;
  }
}

}  // namespace
}  // namespace kilat
