// Inference over any backend. Included only in src/session.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "step/evaluate.h"
#include "step/trainer.h"

namespace kilat {

template <Backend B>
class DeviceClassifier final : public Classifier {
 public:
  DeviceClassifier(std::unique_ptr<B> backend, const Network& network)
      : backend_(std::move(backend)),
        classes_(network.classes),
        network_(*backend_, network, 0, Use::inference) {}

  Score evaluate(const Dataset& data) override {
    const Resident<B> resident = make_resident(*backend_, data, classes_);
    RowResults<B> rows(*backend_, data.size());
    const Metrics m = kilat::evaluate(*backend_, resident, network_, rows);
    const auto n = static_cast<double>(data.size());
    return {m.loss / n, static_cast<double>(m.hits) / n};
  }

  std::vector<float> probabilities(std::span<const std::uint8_t> pixels) override {
    const std::size_t count = pixels.size() / network_.layers.front().in;
    const std::vector<std::uint8_t> labels(count);
    const Resident<B> resident =
        make_resident(*backend_, pixels, network_.layers.front().in, std::span(labels));
    return kilat::probabilities(*backend_, resident, network_);
  }

 private:
  std::unique_ptr<B> backend_;
  std::vector<std::uint8_t> classes_;
  DeviceNetwork<B> network_;
};

}  // namespace kilat
