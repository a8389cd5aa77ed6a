// The data sets of a session, and their evaluations.
#pragma once

#include <cstddef>
#include <vector>

#include "backend/steps.h"
#include "step/evaluate.h"
#include "step/trainer.h"

namespace kilat {

template <Backend B>
class EvaluatedSets {
 public:
  EvaluatedSets(B& b, const SessionData& data, std::span<const std::uint8_t> classes)
      : rows_(b, rows_of_all(data)), metrics_(b.template buffer<Metrics>(1 + data.others.size())) {
    sets_.push_back(make_resident(b, *data.train, classes));
    for (const Dataset* set : data.others) sets_.push_back(make_resident(b, *set, classes));
  }

  const Resident<B>& operator[](std::size_t which) const { return sets_[which]; }

  // Loss and accuracy over a set; `dead`, unless it is null, gets the dead share of each hidden
  // layer there.
  Score evaluate(B& b, DeviceNetwork<B>& network, std::size_t which, std::vector<double>* dead) {
    const bool is_there = after_steps_ && (which == 0 || dead == nullptr);
    const Metrics m =
        is_there ? metrics_after_steps(b, which) : metrics_now(b, network, which, dead != nullptr);
    if (dead != nullptr) *dead = dead_shares(b, network);
    const auto n = static_cast<double>(sets_[which].size);
    return {m.loss / n, static_cast<double>(m.hits) / n};
  }

  // The evaluation that steps end with (backend/steps.h): from now on evaluate() gives its results.
  EvaluationAfterSteps<B> after_steps(DeviceNetwork<B>& network) {
    after_steps_ = true;
    EvaluationAfterSteps<B> all{{}, &metrics_};
    std::size_t first = 0;
    for (const Resident<B>& set : sets_) {
      const Marks wanted = all.sets.empty() ? Marks::active : Marks::none;
      all.sets.push_back({set.images, set.labels, set.size, network.parameters,
                          rows_.losses(first, set.size), rows_.hits(first, set.size),
                          marks(network, network.workspaces[0], wanted)});
      first += set.size;
    }
    return all;
  }
  // The parameters are no longer those that were evaluated.
  void forget() { after_steps_ = false; }

 private:
  static std::size_t rows_of_all(const SessionData& data) {
    std::size_t rows = data.train->size();
    for (const Dataset* set : data.others) rows += set->size();
    return rows;
  }
  Metrics metrics_after_steps(B& b, std::size_t which) {
    std::vector<Metrics> all(metrics_.size());
    b.download(metrics_, std::span(all));
    return all[which];
  }
  Metrics metrics_now(B& b, DeviceNetwork<B>& network, std::size_t which, bool marks_active) {
    if (marks_active) {
      forget();  // whose marks these overwrite
      clear_marks(b, network);
    }
    return kilat::evaluate(b, sets_[which], network, rows_,
                           marks_active ? Marks::active : Marks::none);
  }

  std::vector<Resident<B>> sets_;  // the training data first
  RowResults<B> rows_;
  typename B::template Buffer<Metrics> metrics_;  // [sets], of the evaluation that steps end with
  bool after_steps_ = false;                      // which is that of the parameters now
};

}  // namespace kilat
