#include "verify/lockstep.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>

#include <fmt/format.h>

#include <kilat/error.h>

#include "backend/host.h"
#include "step/augmentation.h"
#include "step/optimizer.h"
#include "verify/tolerance.h"

namespace kilat {
namespace {

// The place of a tensor in a block laid out as Network::parameters.
struct TensorPlace {
  std::string name;
  std::size_t offset = 0;
  std::size_t size = 0;
  std::size_t columns = 1;
};

// Named as in a model file.
std::vector<TensorPlace> tensor_places(const Network& network) {
  std::vector<TensorPlace> places;
  for (std::size_t l = 0; const LinearShape& s : network.shapes()) {
    places.push_back({fmt::format("{}.weight", l), s.weight, s.in * s.out, s.in});
    places.push_back({fmt::format("{}.bias", l), s.bias, s.out, 1});
    l += 2;
  }
  return places;
}

// The samples of each step, shuffled and augmented on the host as the sessions do on their devices.
class Batches {
 public:
  explicit Batches(const Workload& work)
      : work_(work), order_(work.data.train.size()), keys_(order_.size()) {
    std::iota(order_.begin(), order_.end(), std::uint32_t{0});
  }

  std::span<const std::uint32_t> of_step(std::size_t step) {  // counted from 0, in order
    const std::size_t in_epoch = step % work_.steps_per_epoch();
    const std::size_t first = in_epoch * work_.batch();
    if (in_epoch == 0) prepare(static_cast<std::uint32_t>(step / work_.steps_per_epoch()));
    return {order_.data() + first, std::min(work_.batch(), order_.size() - first)};
  }

  // The images of the epoch of the last of_step().
  const Dataset& data() const { return augments() ? made_ : work_.data.train; }

 private:
  bool augments() const { return !work_.recipe.augmentation.is_none(); }
  void prepare(std::uint32_t epoch) {
    const std::uint64_t seed = work_.recipe.seed;
    if (work_.batch() < order_.size()) host_.shuffle(order_, keys_, seed, epoch);
    if (!augments()) return;
    const Dataset& train = work_.data.train;
    made_ = train;
    const AugmentedEpoch e = augmented_epoch(work_.recipe, train, epoch);
    for (std::size_t i = 0; i < train.size(); ++i) {
      const std::size_t at = i * train.features;
      augment_image(made_.pixels.data() + at, train.pixels.data() + at, e, i);
    }
  }

  const Workload& work_;
  HostMemory<float> host_;
  HostBuffer<std::uint32_t> order_;
  HostBuffer<std::uint64_t> keys_;
  Dataset made_;
};

class Lockstep {
 public:
  Lockstep(const LockstepSessions& sessions, const Workload& work)
      : sessions_(sessions),
        work_(work),
        rounding_sides_(sessions.truth_is_exact ? 1 : 2),
        places_(tensor_places(work.network)),
        labels_(class_indices(work.data.train, work.network.classes)),
        batches_(work),
        network_(work.network),
        state_(sessions.truth.state()) {
    const Rule rule = optimizer_of(work.recipe).rule;
    std::vector<std::string> blocks = {""};
    for (std::size_t k = 0; k < state_blocks(rule); ++k) {
      blocks.push_back(fmt::format(" {}", state_name(rule, k)));
    }
    for (const std::string& block : blocks) {
      for (const TensorPlace& p : places_) {
        result_.tensors.emplace_back();
        result_.tensors.back().tensor = p.name + block;
        result_.tensors.back().columns = p.columns;
      }
    }
  }

  void step() {
    set_states();
    sessions_.tested.step();
    sessions_.truth.step();
    const std::size_t number = ++result_.steps;
    if (sessions_.truth.cursor().fault != kNoFault) {
      throw Error(
          fmt::format("the run diverges at step {}, which ends the check; lower --lr", number),
          Failure::run);
    }
    const TrainerState tested = sessions_.tested.state();
    TrainerState truth = sessions_.truth.state();
    const std::span<const std::uint32_t> batch = batches_.of_step(number - 1);
    const StepTolerance tolerance = step_tolerance(
        {network_, state_.optimizer, batches_.data(), labels_, batch, number - 1, &truth},
        work_.recipe, sessions_.rounding);
    state_ = std::move(truth);
    compare(0, tested.parameters, state_.parameters, tolerance.parameters);
    for (std::size_t k = 0; k < state_.optimizer.size(); ++k) {
      compare((k + 1) * places_.size(), tested.optimizer[k], state_.optimizer[k],
              tolerance.optimizer[k]);
    }
  }

  LockstepResult finish(const Dataset& evaluated) {
    set_states();
    const Score tested = sessions_.tested.evaluate(1), expected = sessions_.truth.evaluate(1);
    const auto labels = class_indices(evaluated, network_.classes);
    const EvaluationTolerance tolerance =
        evaluation_tolerance(network_, evaluated, labels, sessions_.rounding);
    const auto hits = [&](const Score& score) {
      return static_cast<std::size_t>(
          std::llround(score.accuracy * static_cast<double>(evaluated.size())));
    };
    result_.evaluation = {.samples = evaluated.size(),
                          .tested_loss = tested.loss,
                          .expected_loss = expected.loss,
                          .loss_tolerance = static_cast<double>(rounding_sides_) * tolerance.loss,
                          .tested_hits = hits(tested),
                          .expected_hits = hits(expected),
                          .hits_tolerance = rounding_sides_ * tolerance.hits};
    return std::move(result_);
  }

 private:
  // Sets the same state in both sessions and in network_, which the tolerance is computed from.
  void set_states() {
    sessions_.tested.set_state(state_);
    sessions_.truth.set_state(state_);
    network_.parameters = state_.parameters;
  }

  // Compares a block; its first tensor is result_.tensors[first].
  void compare(std::size_t first, std::span<const float> tested, std::span<const float> expected,
               std::span<const double> tolerance) {
    for (std::size_t p = 0; p < places_.size(); ++p) {
      const auto& [name, offset, size, columns] = places_[p];
      std::vector<double> of_both(size);
      for (std::size_t i = 0; i < size; ++i) {
        of_both[i] = static_cast<double>(rounding_sides_) * tolerance[offset + i];
      }
      TensorComparison& c = result_.tensors[first + p];
      const ComparedElement worst = c.add(result_.steps, tested.subspan(offset, size),
                                          expected.subspan(offset, size), of_both);
      if (worst.share() > 1 && !result_.first_out) result_.first_out = {c.tensor, columns, worst};
    }
  }

  LockstepSessions sessions_;
  const Workload& work_;
  std::size_t
      rounding_sides_;  // 1 or 2: sessions with rounding errors, which multiply the tolerance
  std::vector<TensorPlace> places_;
  std::vector<std::uint8_t> labels_;  // output indices
  Batches batches_;
  Network network_;     // with the parameters before the step
  TrainerState state_;  // before the step
  LockstepResult result_;
};

}  // namespace

LockstepResult run_in_lockstep(const LockstepSessions& sessions, const Workload& work,
                               const Dataset& evaluated, std::size_t steps) {
  Lockstep lockstep(sessions, work);
  for (std::size_t i = 0; i < steps; ++i) lockstep.step();
  return lockstep.finish(evaluated);
}

}  // namespace kilat
