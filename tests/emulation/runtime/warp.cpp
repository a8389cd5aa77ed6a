#include "runtime/warp.h"

#include <algorithm>
#include <bit>
#include <string_view>

#include <fmt/format.h>

#include "emulation/collectives.h"
#include "runtime/failure.h"
#include "runtime/grid.h"

namespace emulation {
namespace {

constexpr std::uint32_t kWholeWarp = 0xffffffff;

// Gives each lane what it asked for, and lets it go on.
void complete(Thread& of_warp, const Meeting& meeting) {
  Grid& grid = *running_grid();
  if (meeting.work != nullptr) {
    if (meeting.arrived != kWholeWarp) {
      grid.stop(
          fmt::format("{}: only the lanes {:#010x} take part", meeting.name, meeting.arrived));
    }
    meeting.work(meeting.values);
  }
  std::uint32_t nonzero = 0;
  for (unsigned lane = 0; lane < 32; ++lane) {
    if (meeting.values[lane] != 0) nonzero |= 1U << lane;
  }
  const std::uint64_t largest = *std::max_element(meeting.values.begin(), meeting.values.end());
  const std::size_t first = of_warp.rank / 32 * 32;
  for (unsigned lane = 0; lane < 32; ++lane) {
    if ((meeting.arrived >> lane & 1) == 0) continue;
    Thread& thread = of_warp.block->threads[first + lane];
    const auto source = static_cast<unsigned>(meeting.sources[lane]);
    if ((meeting.arrived >> source & 1) == 0) {
      grid.stop(fmt::format("{}: lane {} reads lane {}, which takes no part", meeting.name, lane,
                            source));
    }
    thread.received = {meeting.values[source], largest, nonzero, meeting.arrived};
    grid.wake(thread);
  }
}

bool is_complete(const Warp& warp, const Meeting& meeting) {
  return meeting.arrived == (meeting.mask & warp.alive);
}

Meeting& meeting_of(Warp& warp, std::uint32_t mask, const char* name, const Site& where) {
  for (Meeting& meeting : warp.meetings) {
    if (meeting.mask != mask) continue;
    if (meeting.name != name && std::string_view(meeting.name) != name) {
      running_grid()->stop(fmt::format("{} ({}) while lanes of the same mask wait at {}", name,
                                       name_of(where), meeting.name));
    }
    return meeting;
  }
  warp.meetings.push_back({});
  warp.meetings.back().mask = mask;
  warp.meetings.back().name = name;
  return warp.meetings.back();
}

Received meet(std::uint32_t mask, std::uint64_t value, int source_lane, WarpWork work,
              const char* name, const Site& where) {
  Thread& thread = self(name);
  Grid& grid = *running_grid();
  Warp& warp = warp_of(thread);
  const unsigned own = thread.rank % 32;
  if ((mask >> own & 1) == 0) {
    grid.stop(fmt::format("{} ({}): lane {} is not in its own mask {:#010x}", name, name_of(where),
                          own, mask));
  }
  Meeting& meeting = meeting_of(warp, mask, name, where);
  meeting.arrived |= 1U << own;
  meeting.values[own] = value;
  meeting.sources[own] = source_lane;
  meeting.work = work;
  complete_meetings(thread);
  grid.wait(name, where);
  return thread.received;
}

}  // namespace

Warp& warp_of(const Thread& thread) { return thread.block->warps[thread.rank / 32]; }

void complete_meetings(Thread& of_warp) {
  Warp& warp = warp_of(of_warp);
  for (std::size_t i = 0; i < warp.meetings.size();) {
    if (is_complete(warp, warp.meetings[i])) {
      complete(of_warp, warp.meetings[i]);
      std::swap(warp.meetings[i], warp.meetings.back());
      warp.meetings.pop_back();
    } else {
      ++i;
    }
  }
}

Received meet_warp(std::uint32_t mask, std::uint64_t value, int source_lane, const char* name,
                   Site where) {
  return meet(mask, value, source_lane, nullptr, name, where);
}

void meet_whole_warp(const void* own, WarpWork work, const char* name, Site where) {
  meet(kWholeWarp, reinterpret_cast<std::uint64_t>(own), lane(), work, name, where);
}

int lane() { return static_cast<int>(self("a warp's function").rank % 32); }

// The device promises nothing about which lanes run together but the calling one.
std::uint32_t active_lanes() { return 1U << lane(); }

void check_width(int width, Site where) {
  if (width > 0 && width <= 32 && std::has_single_bit(static_cast<unsigned>(width))) return;
  self("a shuffle");
  running_grid()->stop(fmt::format("shuffle ({}) of width {}", name_of(where), width));
}

void refuse(const char* why) { running_grid()->stop(why); }

unsigned reduce_max(unsigned mask, unsigned value, Site where) {
  return static_cast<unsigned>(meet_warp(mask, value, lane(), "__reduce_max_sync", where).largest);
}

}  // namespace emulation
