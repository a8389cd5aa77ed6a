#include "bench/bench_text.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <fmt/format.h>

#include "report/format.h"

namespace kilat {
namespace {

using Cell = std::function<std::string(const BenchResult&)>;

// A label, then a cell for each device.
std::string row(const std::string& label, const std::vector<BenchResult>& results,
                const Cell& cell) {
  std::string line = fmt::format("{:<24}", label);
  for (const BenchResult& r : results) line += fmt::format("  {:>24}", cell(r));
  return line + '\n';
}

// Rounded to a whole percentage.
std::string share_text(double share) { return fmt::format("{:.0f} %", 100 * share); }

std::string gflops_text(double gflops) {
  return fmt::format("{:.{}f}", gflops, gflops < 10 ? 2 : gflops < 100 ? 1 : 0);
}

std::string peak_cell(const BenchResult& r) {
  const Measurement& m = r.measurement;
  if (!std::isfinite(m.peak.gflops)) return "-";
  return fmt::format("{} of {} GFLOP/s", share_text(m.gflops / m.peak.gflops),
                     gflops_text(m.peak.gflops));
}

std::string part_cell(const Parts& parts, const std::string& name,
                      std::string (*amount_text)(double)) {
  double all = 0;
  const double* found = nullptr;
  for (const auto& [part, amount] : parts) {
    all += amount;
    if (part == name) found = &amount;
  }
  if (found == nullptr) return "-";
  return fmt::format("{}  {:>4}", amount_text(*found), share_text(*found / all));
}

// A row for each part of any device.
std::string part_rows(const std::vector<BenchResult>& results, Parts Measurement::*parts,
                      std::string (*amount_text)(double)) {
  std::vector<std::string> names;
  std::string text;
  for (const BenchResult& one : results) {
    for (const auto& part : one.measurement.*parts) {
      const std::string& name = part.first;
      if (std::find(names.begin(), names.end(), name) != names.end()) continue;
      names.push_back(name);
      text += row("  " + name, results, [&](const BenchResult& r) {
        return part_cell(r.measurement.*parts, name, amount_text);
      });
    }
  }
  return text;
}

std::string until_cell(const BenchResult& r) {
  if (!r.until->reached) return fmt::format("not: {} at best", percent_text(r.until->accuracy));
  return fmt::format("{}, epoch {}", duration_text(r.until->train_seconds),
                     epoch_text(r.until->epochs));
}

std::string until_rows(const std::vector<BenchResult>& results) {
  const TimeToAccuracy& u = *results.front().until;
  std::string text =
      fmt::format("\ntrained from the start to {} {} accuracy\n", percent_text(u.wanted), u.part);
  text += row("  in training steps", results, until_cell);
  return text + row("  with evaluations", results, [](const BenchResult& r) {
           return r.until->reached ? duration_text(r.until->total_seconds) : "-";
         });
}

std::string clocks_text(const Measurement& m) {
  if (!m.clocks) return "";
  std::string text = fmt::format("{} ran at {} of {} MHz\n", m.device.name, m.clocks->sm_megahertz,
                                 m.clocks->max_sm_megahertz);
  for (const std::string& reason : m.clocks->slowed_by) {
    text += fmt::format("  held down by {}\n", reason);
  }
  return text;
}

std::string epoch_rows(const std::vector<BenchResult>& results) {
  const auto of = [](auto figure) {
    return [figure](const BenchResult& r) { return figure(r.measurement); };
  };
  std::string text = row("", results, of([](const Measurement& m) { return m.device.name; }));
  text += row("epochs timed", results,
              of([](const Measurement& m) { return fmt::format("{}", m.epoch_seconds.size()); }));
  text += row("epoch, median", results,
              of([](const Measurement& m) { return timing_text(m.epoch.median); }));
  text += row("epoch, p5 to p95", results, of([](const Measurement& m) {
                return fmt::format("{} to {}", timing_text(m.epoch.p5), timing_text(m.epoch.p95));
              }));
  text += row("samples/s", results,
              of([](const Measurement& m) { return count_text(m.samples_per_second); }));
  text += row("GFLOP/s", results, of([](const Measurement& m) { return gflops_text(m.gflops); }));
  text += row("share of peak", results, peak_cell);
  return text + row("cold start", results,
                    of([](const Measurement& m) { return timing_text(m.cold_start_seconds); }));
}

}  // namespace

std::string bench_text(const Workload& work, const std::vector<BenchResult>& results, bool clocks) {
  std::string text = fmt::format("{}: {}\n", work.recipe.name, work.text());
  for (const BenchResult& r : results) {
    text += device_text(r.measurement.device) + '\n';
    const std::string engine = engine_text(r.measurement.device, work);
    if (!engine.empty())
      text += fmt::format("engine of {}: {}\n", r.measurement.device.name, engine);
  }
  text += '\n' + epoch_rows(results) + "\nphases of an epoch, timed apart\n";
  text += part_rows(results, &Measurement::phases, timing_text);
  if (clocks) {
    text += "\nclocks of a step, of the first block\n";
    text += part_rows(results, &Measurement::step_clocks, count_text);
  }
  if (results.front().until) text += until_rows(results);
  text += '\n';
  for (const BenchResult& r : results) {
    const Measurement& m = r.measurement;
    if (std::isfinite(m.peak.gflops)) {
      text += fmt::format("peak of {}: {}\n", m.device.name, m.peak.source);
    }
    text += clocks_text(m);
  }
  if (results.size() == 2) {
    text += comparison_text(results[0].measurement, results[1].measurement) + '\n';
  }
  return text;
}

std::string comparison_text(const Measurement& one, const Measurement& other) {
  const bool other_leads = other.samples_per_second >= one.samples_per_second;
  const Measurement& faster = other_leads ? other : one;
  const Measurement& slower = other_leads ? one : other;
  const double ratio = faster.samples_per_second / slower.samples_per_second;
  return fmt::format("{} is {:.{}f} times as fast as {}", faster.device.name, ratio,
                     ratio < 10    ? 2
                     : ratio < 100 ? 1
                                   : 0,
                     slower.device.name);
}

}  // namespace kilat
