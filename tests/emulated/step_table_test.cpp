// The tables of docs/gpu.md: the launches are counted here, bytes and least times are derived.
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "emulated/exact_trainer.h"
#include "emulated/step_lines.h"
#include "emulation.h"
#include "support/paths.h"

namespace kilat {
namespace {

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

// The work in little: what is launched depends on the rows only by column_sum's two stages, and on
// the widths not at all.
emulation::Counters count_step(const Work& work, First first) {
  const std::size_t rows = std::min<std::size_t>(work.rows, 600);
  constexpr std::size_t kFeatures = 49, kMostUnits = 32;
  const Dataset data = stripes(work.is_full ? rows : 2 * rows, kFeatures, 10, 1);
  Recipe recipe = tiny_recipe();
  recipe.hidden = {work.widths.begin() + 1, work.widths.end() - 1};
  for (std::size_t& units : recipe.hidden) units = std::min(units, kMostUnits);
  recipe.batch = work.is_full ? 0 : rows;
  recipe.epochs = 10;
  const auto trainer = first == First::fp32 ? trainer_of(tested_device(2), recipe, data)
                                            : exact_trainer_of(recipe, data);
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

// Of the memory: bytes a microsecond.
constexpr double kH100 = 3.35e6, kH200 = 4.8e6;

// In µs: the longer of moving the bytes and of the arithmetic.
double least_time(const Line& line, double bandwidth) {
  return std::max(line.bytes / bandwidth, line.arithmetic);
}

std::string row_of(const std::string& what, std::size_t launches, double bytes, double on_h100,
                   double on_h200) {
  return fmt::format("| {} | {} | {:.3f} | {:.2f} | {:.2f} |\n", what, launches, bytes / 1e6,
                     on_h100, on_h200);
}

std::string table_of(const Work& work) {
  std::string text = fmt::format(
      "| {} | launches | MB | H100, µs | H200, µs |\n| --- | ---: | ---: | ---: | ---: |\n",
      work.name);
  const std::vector<Line> lines = lines_of(work);
  for (const Line& line : lines) {
    text += row_of(line.what, line.launches, line.bytes, least_time(line, kH100),
                   least_time(line, kH200));
  }
  for (const First first : kFirsts) {
    std::size_t launches = 0;
    double bytes = 0, on_h100 = 0, on_h200 = 0;
    for (const Line& line : lines) {
      if (!line.is_in(first)) continue;
      launches += line.launches;
      bytes += line.bytes;
      on_h100 += least_time(line, kH100);
      on_h200 += least_time(line, kH200);
    }
    text += row_of(first == First::fp32 ? "**a step, first layer in fp32**"
                                        : "**a step, first layer from bytes**",
                   launches, bytes, on_h100, on_h200);
  }
  const std::size_t steps = (kSamples + work.rows - 1) / work.rows;
  return text + fmt::format("| an epoch, {} step{} | {} graph{} | | | |\n", steps,
                            steps == 1 ? "" : "s", count_graphs_of_epoch(work),
                            steps == 1 ? "" : "s");
}

const std::vector<Work> kWorks = {{"full batch, 60,000 × 784-10-10", kSamples, true, {784, 10, 10}},
                                  {"784-800-10, b = 128", 128, false, {784, 800, 10}},
                                  {"784-128-10, b = 32", 32, false, {784, 128, 10}}};

void expect_launches(const Work& work, First first) {
  const emulation::Counters counters = count_step(work, first);
  EXPECT_EQ(counters.graph_launches, 1U);
  EXPECT_EQ(counters.launches, 0U);
  std::map<std::string, std::size_t> listed;
  std::size_t kernels = 0, listed_kernels = 0;
  for (const Line& line : lines_of(work)) {
    if (line.is_in(first)) listed[line.kernel] += line.launches;
  }
  for (const auto& [kernel, launches] : listed) {
    EXPECT_EQ(executed(counters, kernel), launches) << work.name << ": " << kernel;
    if (kernel != kProduct) listed_kernels += launches;
  }
  for (const auto& [name, count] : counters.kernels) kernels += count;
  EXPECT_EQ(kernels, listed_kernels) << work.name;
}

TEST(StepTableTest, ListsEveryLaunchOfAStep) {
  for (const Work& work : kWorks) {
    for (const First first : kFirsts) expect_launches(work, first);
  }
}

TEST(StepTableTest, IsTheOneInTheDocs) {
  std::ifstream file(docs_folder() + "/gpu.md");
  std::stringstream page;
  page << file.rdbuf();
  for (const Work& work : kWorks) {
    const std::string table = table_of(work);
    EXPECT_NE(page.str().find(table), std::string::npos) << "docs/gpu.md should hold:\n" << table;
  }
}

}  // namespace
}  // namespace kilat
