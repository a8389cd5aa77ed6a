#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include <kilat/dataset.h>
#include <kilat/error.h>

#include "base/huge_pages.h"
#include "base/philox.h"

namespace kilat {
namespace {

constexpr std::size_t kLabels = 256;

using Indices = std::vector<std::size_t>;

// How many of `total` samples each class gives in proportion to its members, by largest remainder:
// the shares add up to `total`, and none is a whole sample away from its exact value. `size` is the
// number of all members.
std::array<std::size_t, kLabels> class_shares(const std::array<Indices, kLabels>& members,
                                              std::size_t total, std::size_t size) {
  std::array<std::size_t, kLabels> shares = {};
  std::array<std::size_t, kLabels> remainders = {};
  std::size_t missing = total;
  for (std::size_t label = 0; label < kLabels; ++label) {
    // Counts of an IDX file have 32 bits, so the product has 64.
    const std::size_t product = total * members[label].size();
    shares[label] = product / size;
    remainders[label] = product % size;
    missing -= shares[label];
  }
  std::array<std::size_t, kLabels> order = {};
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
  for (std::size_t i = 0; i < missing; ++i) ++shares[order[i]];
  return shares;
}

// The first `count` of `members` in the order of their random keys.
Indices draw(const Indices& members, std::size_t count, std::uint64_t seed) {
  std::vector<std::pair<std::uint64_t, std::size_t>> keyed;
  keyed.reserve(members.size());
  for (const std::size_t index : members) {
    const auto bits = philox(seed, Purpose::split, 0, index);
    keyed.emplace_back(std::uint64_t{bits[1]} << 32 | bits[0], index);
  }
  std::sort(keyed.begin(), keyed.end());
  Indices drawn;
  for (std::size_t i = 0; i < count; ++i) drawn.push_back(keyed[i].second);
  return drawn;
}

// `total` of the samples in [first, last), each class in proportion.
Indices draw_stratified(const Dataset& all, Range range, std::size_t total, std::uint64_t seed) {
  std::array<Indices, kLabels> members;
  for (std::size_t i = range.first; i < range.last; ++i) members[all.labels[i]].push_back(i);
  const auto shares = class_shares(members, total, range.last - range.first);
  Indices held;
  for (std::size_t label = 0; label < kLabels; ++label) {
    const Indices drawn = draw(members[label], shares[label], seed);
    held.insert(held.end(), drawn.begin(), drawn.end());
  }
  return held;
}

Indices indices_of(Range range) {
  Indices indices(range.last - range.first);
  std::iota(indices.begin(), indices.end(), range.first);
  return indices;
}

Indices held_out(const Dataset& all, const Holdout& holdout, Range train, std::uint64_t seed) {
  const std::size_t candidates = train.last - train.first;
  const auto check_count = [&](std::size_t count, std::size_t of) {
    if (count > 0 && count < of) return;
    throw Error(fmt::format("{}: cannot hold out {} samples of {}; give fewer, but one at least",
                            all.name, count, of));
  };
  switch (holdout.kind) {
    case Holdout::Kind::none:
      return {};
    case Holdout::Kind::stratified_fraction: {
      if (!(holdout.fraction > 0 && holdout.fraction < 1)) {
        throw Error(fmt::format("cannot hold out the fraction {}; give one between 0 and 1",
                                holdout.fraction));
      }
      const double exact = holdout.fraction * static_cast<double>(candidates);
      const auto count = static_cast<std::size_t>(std::llround(exact));
      if (count == 0) {
        throw Error(fmt::format("{}: the fraction {} of {} samples is none; hold out more",
                                all.name, holdout.fraction, candidates));
      }
      check_count(count, candidates);
      return draw_stratified(all, train, count, seed);
    }
    case Holdout::Kind::stratified_count:
      check_count(holdout.count, candidates);
      return draw_stratified(all, train, holdout.count, seed);
    case Holdout::Kind::last:
      check_count(holdout.count, all.size());
      return indices_of({all.size() - holdout.count, all.size()});
    case Holdout::Kind::range: {
      Range range = holdout.range;
      if (range.last == Range().last) range.last = all.size();
      if (range.first >= range.last || range.last > all.size()) {
        throw Error(fmt::format("{}: cannot hold out samples {}:{} of {}; give a range within it",
                                all.name, range.first, range.last, all.size()));
      }
      return indices_of(range);
    }
  }
  return {};
}

}  // namespace

Split split(Dataset all, const Holdout& holdout, Range train_range, std::uint64_t seed) {
  train_range.last = std::min(train_range.last, all.size());
  if (train_range.first >= train_range.last) {
    throw Error(fmt::format("{}: no samples to train on in {}:{} of {}; give a range within it",
                            all.name, train_range.first, train_range.last, all.size()));
  }
  Indices held = held_out(all, holdout, train_range, seed);
  if (held.empty() && train_range == Range{0, all.size()}) return {std::move(all), {}};

  std::sort(held.begin(), held.end());
  Indices rest;
  std::ranges::set_difference(indices_of(train_range), held, std::back_inserter(rest));
  if (rest.empty()) {
    throw Error(fmt::format("{}: holding out {} leaves nothing to train on; hold out fewer",
                            all.name, holdout.text()));
  }
  Split parts;
  parts.train = subset(all, rest);
  if (!held.empty()) parts.validation = subset(all, held);
  return parts;
}

Dataset subset(const Dataset& all, std::span<const std::size_t> indices) {
  Dataset part;
  part.name = all.name;
  part.shape = all.shape;
  part.features = all.features;
  part.pixels.reserve(indices.size() * all.features);
  prefer_huge_pages(part.pixels.data(), part.pixels.capacity());
  part.labels.reserve(indices.size());
  for (const std::size_t index : indices) {
    if (index >= all.size()) {
      throw Error(
          fmt::format("{}: there is no sample {}; it holds {}", all.name, index, all.size()));
    }
    const auto image = all.image(index);
    part.pixels.insert(part.pixels.end(), image.begin(), image.end());
    part.labels.push_back(all.labels[index]);
  }
  return part;
}

}  // namespace kilat
