// What the threads of a block or a warp do together: barriers, votes, shuffles.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <source_location>

namespace emulation {

using Site = std::source_location;

// Waits for every thread of the block; returns for how many the predicate held. All must come to
// the same place of the source, and none may have returned from the kernel.
unsigned meet_block(bool predicate, Site where);

struct Received {
  std::uint64_t value;    // what the source lane gave
  std::uint64_t largest;  // of what the lanes gave
  std::uint32_t nonzero;  // the lanes that gave other than 0
  std::uint32_t lanes;    // the lanes that took part
};

// Waits for the mask's lanes that have not returned, all with the same mask and name.
Received meet_warp(std::uint32_t mask, std::uint64_t value, int source_lane, const char* name,
                   Site where);

// Waits for all 32 lanes of the warp, which do something as one: the last to come does the work
// with what each lane gave, an address of its own.
using WarpWork = void (*)(const std::array<std::uint64_t, 32>& of_lanes);
void meet_whole_warp(const void* own, WarpWork work, const char* name, Site where);

// The largest of the mask's lanes.
unsigned reduce_max(std::uint32_t mask, unsigned value, Site where);

int lane();
// Lets others run first, now and then: what a thread sees between two atomics may have changed.
void pause();
// The width of a shuffle's groups: a power of two up to 32.
void check_width(int width, Site where);
std::uint32_t active_lanes();

template <class T>
concept Shuffled = std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, int> ||
    std::same_as<T, unsigned> || std::same_as<T, long> || std::same_as<T, unsigned long> ||
    std::same_as<T, long long> || std::same_as<T, unsigned long long>;

template <Shuffled T>
T shuffle(std::uint32_t mask, T value, int source, const char* name, Site where) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  bits = meet_warp(mask, bits, source, name, where).value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace emulation

inline void __syncthreads(emulation::Site where = emulation::Site::current()) {
  emulation::meet_block(false, where);
}
inline int __syncthreads_count(int predicate, emulation::Site where = emulation::Site::current()) {
  return static_cast<int>(emulation::meet_block(predicate != 0, where));
}
inline int __syncthreads_or(int predicate, emulation::Site where = emulation::Site::current()) {
  return emulation::meet_block(predicate != 0, where) != 0;
}
inline int __syncthreads_and(int predicate, emulation::Site where = emulation::Site::current()) {
  return emulation::meet_block(predicate == 0, where) == 0;
}

inline void __syncwarp(unsigned mask = 0xffffffff,
                       emulation::Site where = emulation::Site::current()) {
  emulation::meet_warp(mask, 0, emulation::lane(), "__syncwarp", where);
}
inline unsigned __ballot_sync(unsigned mask, int predicate,
                              emulation::Site where = emulation::Site::current()) {
  return emulation::meet_warp(mask, predicate != 0, emulation::lane(), "__ballot_sync", where)
      .nonzero;
}
inline int __any_sync(unsigned mask, int predicate,
                      emulation::Site where = emulation::Site::current()) {
  return emulation::meet_warp(mask, predicate != 0, emulation::lane(), "__any_sync", where)
             .nonzero != 0;
}
inline int __all_sync(unsigned mask, int predicate,
                      emulation::Site where = emulation::Site::current()) {
  const auto all =
      emulation::meet_warp(mask, predicate != 0, emulation::lane(), "__all_sync", where);
  return all.nonzero == all.lanes;
}
inline unsigned __reduce_max_sync(unsigned mask, unsigned value,
                                  emulation::Site where = emulation::Site::current()) {
  return emulation::reduce_max(mask, value, where);
}
inline unsigned __activemask() { return emulation::active_lanes(); }

template <emulation::Shuffled T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32,
              emulation::Site where = emulation::Site::current()) {
  emulation::check_width(width, where);
  const int first = emulation::lane() & ~(width - 1);
  return emulation::shuffle(mask, value, first + (source & (width - 1)), "__shfl_sync", where);
}
template <emulation::Shuffled T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32,
                 emulation::Site where = emulation::Site::current()) {
  emulation::check_width(width, where);
  const int lane = emulation::lane();
  const bool inside = delta <= static_cast<unsigned>(lane & (width - 1));
  return emulation::shuffle(mask, value, inside ? lane - static_cast<int>(delta) : lane,
                            "__shfl_up_sync", where);
}
template <emulation::Shuffled T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32,
                   emulation::Site where = emulation::Site::current()) {
  emulation::check_width(width, where);
  const int lane = emulation::lane();
  const bool inside = delta < static_cast<unsigned>(width - (lane & (width - 1)));
  return emulation::shuffle(mask, value, inside ? lane + static_cast<int>(delta) : lane,
                            "__shfl_down_sync", where);
}
template <emulation::Shuffled T>
T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = 32,
                  emulation::Site where = emulation::Site::current()) {
  emulation::check_width(width, where);
  const int lane = emulation::lane();
  const int source = lane ^ lane_mask;
  const bool inside = source >= 0 && source < (lane & ~(width - 1)) + width;
  return emulation::shuffle(mask, value, inside ? source : lane, "__shfl_xor_sync", where);
}
