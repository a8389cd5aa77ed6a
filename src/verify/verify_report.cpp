#include "verify/verify_report.h"

#include <cmath>

#include <fmt/format.h>

#include "report/format.h"

namespace kilat {
namespace {

// "[3, 17]" of a matrix, "[3]" of a vector.
std::string place(std::size_t index, std::size_t columns) {
  return columns == 1 ? fmt::format("[{}]", index)
                      : fmt::format("[{}, {}]", index / columns, index % columns);
}

const char* verdict(bool within) { return within ? "ok" : "OUT"; }

// At most eight characters.
std::string ulps_text(std::uint64_t ulps) {
  constexpr std::uint64_t kLong = 10'000'000;
  const auto count = static_cast<double>(ulps);
  return ulps < kLong ? fmt::format("{}", ulps) : fmt::format("{:.1e}", count);
}

std::string tensor_line(const TensorComparison& c) {
  return fmt::format("{:<22} {:>8}  {:>8.1e}  {:>5}  {:>10.1e}  {:>9.1e}  {}\n", c.tensor,
                     ulps_text(c.ulps), c.relative, c.worst.step, c.worst.difference(),
                     c.worst.tolerance, verdict(c.within()));
}

std::string evaluation_text(const EvaluationComparison& e) {
  constexpr const char* kLine = "{:<48}  {:>10}  {:>9}  {}\n";
  std::string text = fmt::format("\nevaluation of {} samples\n", e.samples);
  text += fmt::format(kLine, "loss", fmt::format("{:.1e}", e.loss_difference()),
                      fmt::format("{:.1e}", e.loss_tolerance),
                      verdict(e.loss_difference() <= e.loss_tolerance));
  text += fmt::format(kLine, "hits", e.hits_difference(), e.hits_tolerance,
                      verdict(e.hits_difference() <= e.hits_tolerance));
  return text;
}

std::string verdict_text(const VerifyReport& r) {
  const auto& out = r.result.first_out;
  if (out) {
    const ComparedElement& e = out->element;
    return fmt::format(
        "{} differs from {}, first in {}{} after step {}:\n"
        "{:.9g} instead of {:.9g}, {:.1e} apart where rounding explains {:.1e}\n",
        r.tested.name, r.truth.name, out->tensor, place(e.index, out->columns), e.step, e.tested,
        e.expected, e.difference(), e.tolerance);
  }
  if (!r.result.evaluation.within()) {
    return fmt::format("{} trains as {} does, but differs in the evaluation\n", r.tested.name,
                       r.truth.name);
  }
  return fmt::format("{} agrees with {}: rounding explains every difference\n", r.tested.name,
                     r.truth.name);
}

Json tensor_json(const TensorComparison& c) {
  return {{"tensor", c.tensor},
          {"ulps", c.ulps},
          {"relative", json_number(c.relative)},
          {"step", c.worst.step},
          {"index", c.worst.index},
          {"tested", json_number(c.worst.tested)},
          {"expected", json_number(c.worst.expected)},
          {"tolerance", c.worst.tolerance},
          {"within", c.within()}};
}

Json evaluation_json(const EvaluationComparison& e) {
  return {{"samples", e.samples},
          {"tested_loss", json_number(e.tested_loss)},
          {"expected_loss", json_number(e.expected_loss)},
          {"loss_tolerance", json_number(e.loss_tolerance)},
          {"tested_hits", e.tested_hits},
          {"expected_hits", e.expected_hits},
          {"hits_tolerance", e.hits_tolerance},
          {"within", e.within()}};
}

}  // namespace

std::string verify_text(const VerifyReport& r) {
  std::string text =
      fmt::format("{}: {}, {} steps\n", r.work.recipe.name, r.work.text(), r.result.steps);
  text += device_text(r.tested) + '\n';
  if (const std::string engine = engine_text(r.tested, r.work); !engine.empty()) {
    text += fmt::format("engine {}\n", engine);
  }
  text += fmt::format("against {}\n\n", device_text(r.truth));
  text += fmt::format("{:<23}largest difference  nearest its tolerance\n", "");
  text += fmt::format("{:<22} {:>8}  {:>8}  {:>5}  {:>10}  {:>9}\n", "tensor", "ULPs", "relative",
                      "step", "difference", "tolerance");
  for (const TensorComparison& c : r.result.tensors) text += tensor_line(c);
  text += evaluation_text(r.result.evaluation);
  return text + '\n' + verdict_text(r);
}

Json verify_json(const VerifyReport& r) {
  Json tensors = Json::array();
  for (const TensorComparison& c : r.result.tensors) tensors.push_back(tensor_json(c));
  Json first = nullptr;
  if (const auto& out = r.result.first_out) {
    const ComparedElement& e = out->element;
    first = {{"tensor", out->tensor},
             {"step", e.step},
             {"index", e.index},
             {"tested", json_number(e.tested)},
             {"expected", json_number(e.expected)},
             {"tolerance", e.tolerance}};
  }
  return {{"device", r.tested.name},
          {"engine", json_text(engine_text(r.tested, r.work))},
          {"against", r.truth.name},
          {"recipe", r.work.recipe.name},
          {"network", r.work.network.text()},
          {"batch", r.work.batch()},
          {"steps", r.result.steps},
          {"passed", r.result.within()},
          {"tensors", tensors},
          {"evaluation", evaluation_json(r.result.evaluation)},
          {"first_out_of_tolerance", first}};
}

}  // namespace kilat
