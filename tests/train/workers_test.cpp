// Each worker has memory of its own, so that none waits for another or spoils its work; and what
// they do together has the same bits each time.
#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include <gtest/gtest.h>

#include "backend/reference/reference.h"
#include "step/device_classifier.h"
#include "step/device_trainer.h"
#include "train/tiny.h"

namespace kilat {
namespace {

constexpr std::size_t kWorkers = 3;

// The addresses that each worker wrote to.
using Places = std::map<std::size_t, std::set<const void*>>;

// Reference that gives the slices to three workers in turn and notes where they write.
class InTurns : public Reference {
 public:
  explicit InTurns(Places& places) : places_(places) {}

  Plan plan(std::size_t) const { return {kWorkers, 10}; }
  template <class F>
  std::size_t slices(Plan plan, std::size_t rows, const F& f) {
    for (std::size_t first = 0; first < rows; first += plan.slice_rows) {
      const std::size_t turn = first / plan.slice_rows;
      worker_ = turn % plan.workers;
      f(Slice{first, std::min(plan.slice_rows, rows - first), worker_, turn >= plan.workers});
    }
    return std::min(plan.workers, (rows + plan.slice_rows - 1) / plan.slice_rows);
  }
  void gather(Pixels& x, std::span<std::uint8_t> y, const Images& images,
              std::span<const std::uint8_t> labels, const Buffer<std::uint32_t>& order,
              const Buffer<Cursor>& cursor, Slice slice) {
    places_[worker_].insert(&x);
    Reference::gather(x, y, images, labels, order, cursor, slice);
  }
  using Reference::download;
  void download(const Matrix& from, std::span<double> to) {
    places_[worker_].insert(to.data());
    Reference::download(from, to);
  }

 private:
  Places& places_;
  std::size_t worker_ = 0;
};

// `own`: the places that each worker should have.
void expect_apart(const Places& places, std::size_t own) {
  ASSERT_EQ(places.size(), kWorkers);
  std::set<const void*> all;
  for (const auto& [worker, of_worker] : places) {
    EXPECT_EQ(of_worker.size(), own) << "worker " << worker;
    all.insert(of_worker.begin(), of_worker.end());
  }
  EXPECT_EQ(all.size(), kWorkers * own);
}

struct Example {
  Dataset data = stripes(95, 20, 4, 1);
  Recipe recipe = tiny_recipe();
  Network network = initial_network(recipe, data);
  Places places;
};

TEST(WorkersTest, EvaluateInWorkspacesOfTheirOwn) {
  Example s;
  DeviceClassifier<InTurns> inference(std::make_unique<InTurns>(s.places), s.network);
  EXPECT_DOUBLE_EQ(inference.evaluate(s.data).loss,
                   evaluate(s.network, s.data, choose_device("reference")).loss);
  expect_apart(s.places, 1);
}

TEST(WorkersTest, PredictInWorkspacesAndScratchOfTheirOwn) {
  Example s;
  DeviceClassifier<InTurns> inference(std::make_unique<InTurns>(s.places), s.network);
  EXPECT_EQ(inference.probabilities(s.data.pixels),
            predict(s.network, s.data.pixels, choose_device("reference")));
  expect_apart(s.places, 2);
}

TEST(WorkersTest, TrainInWorkspacesAndGradientsOfTheirOwn) {
  Example s;
  s.recipe.batch = 0;
  const std::vector<float> rates(1, s.recipe.learning_rate);
  DeviceTrainer<InTurns> in_turns(std::make_unique<InTurns>(s.places), s.network, {&s.data, {}},
                                  s.recipe, rates);
  in_turns.step();
  expect_apart(s.places, 1);
  DeviceTrainer<Reference> plain(std::make_unique<Reference>(), s.network, {&s.data, {}}, s.recipe,
                                 rates);
  plain.step();
  const std::vector<float> got = in_turns.state().parameters, wanted = plain.state().parameters;
  for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_FLOAT_EQ(got[i], wanted[i]) << i;
}

TEST(WorkersTest, TallBatchesOnSeveralThreadsAreRepeatedBitForBit) {
  Recipe r = tiny_recipe();
  r.batch = 0;
  r.epochs = 20;
  const TrainingData data{stripes(3000, 20, 4, 1), {}, {}};
  const auto once = [&] { return weights_sha256(train_tiny(r, data, tested_device(3)).network); };
  const std::string wanted = once();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(once(), wanted);
}

}  // namespace
}  // namespace kilat
