#include "backend/cuda/resident_evaluation.h"

#include <algorithm>

#include "kernels/kernels.h"
#include "kernels/resident/deep_evaluate.h"
#include "kernels/resident/evaluate.h"

namespace kilat {
namespace {

using kernels::resident::Run;
using kernels::resident::Shape;

constexpr std::size_t kRows = 8192, kDeepRows = 2048;

Shape shape_of(const Shape& trained, const kernels::resident::Figures& device) {
  return trained.is_deep() ? kernels::resident::deep_evaluation_shape(trained, device)
                           : kernels::resident::evaluation_shape(trained, device);
}

}  // namespace

ResidentEvaluation::ResidentEvaluation(const kernels::resident::Figures& device,
                                       cudaStream_t stream, const ResidentNetwork& network,
                                       const Shape& trained)
    : network_(network),
      stream_(stream),
      shape_(shape_of(trained, device)),
      groups_(kernels::resident::evaluation_groups(shape_, device)) {
  if (!shape_.is_deep()) {
    parts_ = DeviceBuffer<float>(kRows * shape_.outputs * shape_.blocks(), stream);
    logits_ = DeviceBuffer<float>(kRows * shape_.outputs, stream);
    return;
  }
  std::size_t widest = 0;
  for (const LinearShape& layer : network.layers) widest = std::max(widest, layer.out);
  for (DeviceBuffer<float>& a : activations_) a = DeviceBuffer<float>(kDeepRows * widest, stream);
}

std::size_t ResidentEvaluation::rows_at_once() const {
  return shape_.is_deep() ? kDeepRows : kRows;
}

float* ResidentEvaluation::logits(const Run& run, std::size_t first,
                                  std::span<const std::span<std::uint8_t>> active) {
  const Run shaped = with_shape(run, network_, shape_);
  if (shape_.is_deep()) return launch_layers(shaped, first, active);
  launch_one_hidden(shaped, first, active.front());
  return logits_.data();
}

void ResidentEvaluation::launch_one_hidden(const Run& run, std::size_t first,
                                           std::span<std::uint8_t> active) {
  using kernels::resident::kPiece;
  const std::size_t pieces = (run.size - first + kPiece - 1) / kPiece;
  const std::size_t share = (pieces + groups_ - 1) / groups_ * kPiece;
  kernels::resident::launch_logits(stream_, {run, first, share, parts_.data(), active.data()},
                                   groups_, logits_.data());
}

float* ResidentEvaluation::launch_layers(Run run, std::size_t first,
                                         std::span<const std::span<std::uint8_t>> active) {
  const std::size_t rows = run.size - first, last = network_.layers.size() - 1;
  float* a = activations_[0].data();
  kernels::resident::launch_first_layer(stream_, {run, first, rows, a}, groups_);
  run.layout = kernels::resident::Layout::only_tiles();
  for (std::size_t l = 0; l < last; ++l) {
    if (!active[l].empty()) {
      kernels::mark_active(stream_, active[l].data(), a, rows, network_.layers[l].out);
    }
    const LinearShape& next = network_.layers[l + 1];
    float* result = activations_[(l + 1) % 2].data();
    const kernels::resident::FurtherLayerRows of = {
        run, {next.in, next.out, next.weight, next.bias, result, nullptr}, a, rows};
    if (l + 1 == last) {
      kernels::resident::launch_output_layer(stream_, of);
    } else {
      kernels::resident::launch_hidden_layer(stream_, of);
    }
    a = result;
  }
  return a;
}

}  // namespace kilat
