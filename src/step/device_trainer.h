// The training session over any backend. Included only in src/session.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "step/augmentation.h"
#include "step/evaluated_sets.h"
#include "step/optimizer.h"
#include "step/step.h"
#include "step/trainer.h"

namespace kilat {

template <class Real>
bool all_finite(std::span<const Real> values) {
  return std::all_of(values.begin(), values.end(), [](Real x) { return std::isfinite(x); });
}

template <Backend B>
Training<B> make_training(B& b, const Recipe& recipe, std::size_t batch, std::size_t samples,
                          std::size_t parameters, std::span<const float> rates) {
  using Real = typename B::Real;
  Training<B> t{.plan = b.plan(batch),
                .gradients = {},
                .optimizer = optimizer_of(recipe),
                .state = {},
                .steps = b.template buffer<StepCoefficients>(rates.size()),
                .order = b.template buffer<std::uint32_t>(batch < samples ? samples : 0),
                .cursor = b.template buffer<Cursor>(1),
                .rows = RowResults<B>(b, batch)};
  for (std::size_t w = 0; w < t.plan.workers; ++w) {
    t.gradients.push_back(b.template buffer<Real>(parameters));
  }
  for (std::size_t k = 0; k < state_blocks(t.optimizer.rule); ++k) {
    t.state.push_back(b.template buffer<Real>(parameters));
  }
  const std::vector<StepCoefficients> steps = step_coefficients(t.optimizer, rates);
  b.upload(std::span<const StepCoefficients>(steps), t.steps);
  return t;
}

template <Backend B>
class DeviceTrainer final : public Trainer {
  using Real = typename B::Real;

 public:
  DeviceTrainer(std::unique_ptr<B> backend, const Network& network, const SessionData& data,
                const Recipe& recipe, std::span<const float> rates)
      : backend_(std::move(backend)),
        batch_(batch_size(recipe, data.train->size())),
        seed_(recipe.seed),
        augmented_(augmented_epoch(recipe, *data.train, 0)),
        network_(b(), network, batch_, Use::training),
        training_(
            make_training(b(), recipe, batch_, data.train->size(), network_.layout.size(), rates)),
        shuffling_(b().shuffling(training_.order.size())),
        sets_(b(), data, network.classes) {
    if (!augments()) return;
    augmented_data_ = {train().size, b().empty_images(train().size, data.train->features),
                       b().template buffer<std::uint8_t>(train().size)};
    b().upload(class_indices(*data.train, network.classes), augmented_data_.labels);
  }

  void seek(std::size_t iteration) override {
    const std::size_t in_epoch = iteration % steps_per_epoch();
    const Cursor at{iteration, in_epoch * batch_, kNoFault};
    b().upload(std::span(&at, 1), training_.cursor);
    iteration_ = iteration;
    if (in_epoch != 0) prepare(iteration / steps_per_epoch());
  }

  using Trainer::steps;
  void steps(std::size_t n, Then then) override {
    sets_.forget();
    for (std::size_t done = 0; done < n;) done += steps_alike(n - done, then);
  }

  PhaseSeconds profile(std::size_t n) override {
    b().start_profile();
    steps(n);
    return b().stop_profile();
  }

  PartClocks part_clocks() override {
    if constexpr (B::kFused.steps) return b().part_clocks();
    return {};
  }

  Cursor cursor() override {
    Cursor now;
    b().download(training_.cursor, std::span(&now, 1));
    if (now.fault >= kParameterFault) {
      now.fault = kParameterFault + network_.layout.in_file(now.fault - kParameterFault);
    }
    return now;
  }

  Score evaluate(std::size_t which, std::vector<double>* dead) override {
    return sets_.evaluate(b(), network_, which, dead);
  }

  NonFinite find_non_finite() override;
  double largest_logit(std::size_t rows) override;

  TrainerState state() override {
    TrainerState state{network_.download(b(), network_.parameters), {}};
    for (const auto& block : training_.state) {
      state.optimizer.push_back(network_.download(b(), block));
    }
    return state;
  }

  void set_state(const TrainerState& state) override {
    sets_.forget();
    network_.set_parameters(b(), state.parameters);
    for (std::size_t k = 0; k < training_.state.size(); ++k) {
      const std::vector<float> at_rest(state.optimizer.empty() ? state.parameters.size() : 0);
      network_.upload(b(), at_rest.empty() ? state.optimizer.at(k) : at_rest, training_.state[k]);
    }
  }

 private:
  B& b() { return *backend_; }
  std::size_t steps_per_epoch() const { return (train().size + batch_ - 1) / batch_; }
  // Runs the next steps, up to `most`, that can be replayed together, and returns how many: the
  // full batches left in the epoch, or its short last batch. Steps on the whole set can be replayed
  // across epochs, unless each epoch has its own augmented images.
  std::size_t steps_alike(std::size_t most, Then then) {
    const std::size_t in_epoch = iteration_ % steps_per_epoch();
    if (in_epoch == 0) {
      b().mark_epoch(iteration_ / steps_per_epoch());
      prepare(iteration_ / steps_per_epoch());
    }
    const std::size_t left = train().size - in_epoch * batch_;
    if constexpr (B::kFused.steps) {
      if (b().makes_steps()) {
        const bool spans = b().steps_span_epochs() && !augments();
        const std::size_t n = spans ? most : std::min(most, (left + batch_ - 1) / batch_);
        return fused_steps(n, n == most ? then : Then::nothing);
      }
    }
    const std::size_t rows = std::min(batch_, left);
    const bool whole = rows == train().size && !augments();
    const std::size_t alike = whole ? most : std::max<std::size_t>(left / batch_, 1);
    const std::size_t n = std::min(alike, most);
    b().replay(rows, n, [&] { kilat::step(b(), epoch_data(), network_, training_, rows); });
    iteration_ += n;
    return n;
  }
  // Makes n steps of the epoch at once, and returns n.
  std::size_t fused_steps(std::size_t n, Then then) {
    const bool evaluates = then == Then::evaluation && b().evaluates_after_steps();
    const Resident<B>& data = epoch_data();
    b().steps({data.images, data.labels, data.size, training_.order, network_.parameters,
               training_.state_from(0), training_.optimizer, training_.steps, training_.cursor, n,
               evaluates ? sets_.after_steps(network_) : EvaluationAfterSteps<B>{}});
    iteration_ += n;
    return n;
  }
  // Makes the epoch's order and augmented images.
  void prepare(std::size_t epoch) {
    const auto number = static_cast<std::uint32_t>(epoch);
    if (training_.order.size() != 0) b().shuffle(training_.order, shuffling_, seed_, number);
    if (!augments()) return;
    augmented_.epoch = number;
    b().augment(augmented_data_.images, train().images, augmented_);
  }
  bool augments() const { return !augmented_.augmentation.is_none(); }
  const Resident<B>& train() const { return sets_[0]; }  // as in the file
  const Resident<B>& epoch_data() const { return augments() ? augmented_data_ : train(); }
  bool finite(const typename B::Matrix& m) {
    std::vector<Real> values(m.rows() * m.columns());
    b().download(m, std::span(values));
    return all_finite(std::span<const Real>(values));
  }

  std::unique_ptr<B> backend_;
  std::size_t batch_;
  std::uint64_t seed_;
  AugmentedEpoch augmented_;  // the one in augmented_data_
  std::size_t iteration_ = 0;
  DeviceNetwork<B> network_;
  Training<B> training_;
  typename B::Shuffling shuffling_;
  EvaluatedSets<B> sets_;
  Resident<B> augmented_data_;  // the epoch's augmented images; empty without augmentation
};

template <Backend B>
NonFinite DeviceTrainer<B>::find_non_finite() {
  const Cursor at = cursor();
  prepare(at.step / steps_per_epoch());  // the host may already have prepared a later epoch
  const std::size_t n = std::min(batch_, train().size - at.position);
  NonFinite first;
  const auto report = [&](std::size_t layer, const char* tensor) {
    if (first.tensor.empty() || layer < first.layer) first = {layer, tensor};
  };
  b().slices({1, network_.plan.slice_rows}, n, [&](Slice slice) {
    Workspace<B>& w = network_.workspaces[0];
    load(b(), w, epoch_data(), training_.order, training_.cursor, slice);
    forward(b(), network_, w);
    for (std::size_t l = 0; l < network_.last(); ++l) {
      if (!finite(w.a[l])) report(l, "activation");
    }
    logits(b(), network_, w);
    if (!finite(w.z)) report(network_.last(), "logits");
  });
  return first;
}

template <Backend B>
double DeviceTrainer<B>::largest_logit(std::size_t rows) {
  double largest = 0;
  std::vector<Real> values(network_.plan.slice_rows * network_.outputs());
  b().slices({1, network_.plan.slice_rows}, std::min(rows, train().size), [&](Slice slice) {
    Workspace<B>& w = network_.workspaces[0];
    load(b(), w, train(), network_.in_order, network_.start, slice);
    forward(b(), network_, w);
    logits(b(), network_, w);
    const std::span row_logits = std::span(values).first(slice.rows * network_.outputs());
    b().download(w.z, row_logits);
    for (const Real z : row_logits) {
      largest = std::max(largest, std::abs(static_cast<double>(z)));
    }
  });
  return largest;
}

}  // namespace kilat
