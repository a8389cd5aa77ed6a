#include "backend/cuda/portable_cuda.h"

#include <algorithm>

#include <fmt/format.h>

#include <kilat/error.h>

#include "backend/backend.h"

namespace kilat {

static_assert(Backend<PortableCuda>);

DeviceMatrix PortableCuda::matrix(std::size_t capacity, std::size_t columns) {
  make_room(capacity, columns);
  return CudaCommon::matrix(capacity, columns);
}

CudaBytes PortableCuda::pixels(std::size_t capacity, std::size_t features,
                               Normalisation normalisation) {
  if (features > kMostFeatures) {
    throw Error(
        fmt::format("images of {} pixels; the engine takes at most {}: use "
                    "--engine composed",
                    features, kMostFeatures));
  }
  make_room(features, 0);
  return {.gathered = buffer<std::uint8_t>(capacity * features),
          .features = features,
          .normalisation = normalisation};
}

void PortableCuda::make_room(std::size_t depth, std::size_t units) {
  depth_ = std::max(depth_, depth);
  units_ = std::max(units_, units);
  if (whole_.size() < depth_ * units_) whole_ = buffer<std::int32_t>(depth_ * units_);
  if (scales_.size() >= units_) return;
  scales_ = buffer<WholeScale>(units_);
  sums_ = buffer<std::int64_t>(units_);
}

Plan PortableCuda::plan(std::size_t rows) const {
  constexpr std::size_t kMostRows = std::size_t{1} << 24;  // of a batch; more means a whole set
  constexpr std::size_t kEvaluated = 8192;
  return {1, rows > kMostRows ? kEvaluated : std::max<std::size_t>(rows, 1)};
}

PortableCuda::Resident::Resident(const ResidentNetwork& of,
                                 const kernels::resident::Figures& device, cudaStream_t stream)
    : network(of),
      shape(resident_shape(network, device)),
      engine(stream, network, shape),
      evaluation(device, stream, network, shape) {}

void PortableCuda::keep_resident(const ResidentNetwork& network) {
  keep_resident(network, kernels::resident::figures(options().device));
}

void PortableCuda::keep_resident(const ResidentNetwork& network,
                                 const kernels::resident::Figures& device) {
  resident_.emplace(network, device, stream());
}

namespace {

kernels::resident::Evaluation evaluation_of(const EvaluationAfterSteps<PortableCuda>& e) {
  kernels::resident::Evaluation evaluation = {};
  for (const RowLosses<PortableCuda>& set : e.sets) {
    evaluation.set[evaluation.sets] = {set.images.data(), set.labels.data(),
                                       set.size,          set.loss.data(),
                                       set.hit.data(),    e.metrics->data() + evaluation.sets};
    ++evaluation.sets;
  }
  if (!e.sets.empty()) evaluation.active = e.sets.front().active.front().data();
  return evaluation;
}

}  // namespace

void PortableCuda::start_profile() {
  CudaCommon::start_profile();
  if (resident_) resident_->engine.start_clocks();
}

PhaseSeconds PortableCuda::stop_profile() {
  if (resident_) part_clocks_ = resident_->engine.stop_clocks();
  return CudaCommon::stop_profile();
}

void PortableCuda::steps(const Steps<PortableCuda>& s) {
  kernels::resident::Run run = {};
  run.parameters = s.parameters.data();
  run.state = s.state;
  run.optimizer = s.optimizer;
  run.images = s.images.data();
  run.labels = s.labels.data();
  run.order = s.order.data();
  run.size = s.size;
  run.coefficients = s.coefficients.data();
  run.cursor = s.cursor.data();
  run.steps = s.n;
  mark(Phase::update);  // what phases there are is in one
  resident_->engine.launch(run, evaluation_of(s.evaluation));
  mark(Phase::none);
}

void PortableCuda::row_losses(const RowLosses<PortableCuda>& r) {
  kernels::resident::Run run = {};
  run.parameters = r.parameters.data();
  run.images = r.images.data();
  run.labels = r.labels.data();
  ResidentEvaluation& evaluation = resident_->evaluation;
  const std::size_t outputs = resident_->network.layers.back().out;
  for (std::size_t first = 0; first < r.size; first += evaluation.rows_at_once()) {
    run.size = std::min(first + evaluation.rows_at_once(), r.size);
    float* z = evaluation.logits(run, first, r.active);
    kernels::portable::softmax_cross_entropy(stream(), z, nullptr, run.labels + first, r.size,
                                             r.loss.data() + first, r.hit.data() + first,
                                             run.size - first, outputs);
  }
}

void PortableCuda::input_gemm(Matrix& z, Pixels& x, MatrixView<const float> weight) {
  const std::size_t features = weight.columns, units = weight.rows;
  z.set_rows(x.rows);
  kernels::portable::make_whole(stream(), whole(), weight.data, features, units, 1, features);
  kernels::portable::whole_linear(stream(), z.data(), x.view(), whole(), units);
}

void PortableCuda::input_gradient(MatrixView<float> gradient, const Matrix& dz, Pixels& x,
                                  bool accumulate) {
  const std::size_t units = gradient.rows;
  kernels::portable::make_whole(stream(), whole(), dz.data(), dz.rows(), units, units, 1);
  kernels::portable::whole_gradient(stream(), gradient.data, x.view(), whole(), units, accumulate);
}

void PortableCuda::gemm(MatrixView<float> c, MatrixView<const float> a, MatrixView<const float> b,
                        bool accumulate) {
  const auto factor = [](MatrixView<const float> m) -> kernels::portable::Factor {
    return {m.data, m.transposed ? 1 : m.columns, m.transposed ? m.rows : 1};
  };
  kernels::portable::gemm(stream(), c.data, factor(a), factor(b), c.rows, c.columns, a.columns,
                          accumulate);
}

void PortableCuda::gemm(Matrix& c, MatrixView<const float> a, MatrixView<const float> b) {
  c.set_rows(a.rows);
  gemm(c.view(), a, b, false);
}

void PortableCuda::softmax(Matrix& z, std::span<const float> bias) {
  kernels::portable::softmax(stream(), z.data(), bias.data(), z.rows(), z.columns());
}

void PortableCuda::softmax_cross_entropy(Matrix& z, std::span<const float> bias,
                                         std::span<const std::uint8_t> y, std::size_t n,
                                         std::span<float> loss, std::span<std::uint8_t> hit) {
  kernels::portable::softmax_cross_entropy(stream(), z.data(), bias.data(), y.data(), n,
                                           loss.data(), hit.data(), z.rows(), z.columns());
}

void PortableCuda::column_sum(std::span<float> sum, const Matrix& dz, bool accumulate) {
  kernels::portable::column_sum(stream(), sum.data(), dz.data(), dz.rows(), dz.columns(),
                                accumulate);
}

void PortableCuda::sum_metrics(Buffer<Metrics>& metrics, std::span<const float> loss,
                               std::span<const std::uint8_t> hit) {
  kernels::portable::sum_metrics(stream(), metrics.data(), loss.data(), hit.data(), loss.size());
}

}  // namespace kilat
