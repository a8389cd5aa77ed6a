#include "runtime/block.h"

#include <algorithm>
#include <map>
#include <string_view>

#include <fmt/format.h>

namespace emulation {

Block::Block(const dim3& extent, const void* kernel, std::size_t dynamic_bytes)
    : threads(std::size_t{extent.x} * extent.y * extent.z),
      warps((threads.size() + 31) / 32),
      shared(kernel, dynamic_bytes) {
  unsigned thread = 0;
  for (unsigned z = 0; z < extent.z; ++z) {
    for (unsigned y = 0; y < extent.y; ++y) {
      for (unsigned x = 0; x < extent.x; ++x, ++thread) {
        threads[thread].index = {x, y, z};
        threads[thread].rank = thread;
        threads[thread].block = this;
      }
    }
  }
}

void Block::begin(std::size_t rank_in_grid, const uint3& block_index) {
  rank = rank_in_grid;
  index = block_index;
  returned = 0;
  barrier = {};
  named = {};
  cluster_barrier = {};
  for (std::size_t w = 0; w < warps.size(); ++w) {
    const std::size_t lanes = std::min<std::size_t>(32, threads.size() - w * 32);
    warps[w].alive = static_cast<std::uint32_t>((std::uint64_t{1} << lanes) - 1);
    warps[w].meetings.clear();
  }
  shared.begin();
}

std::string name_of(const Thread& thread) {
  const uint3& b = thread.block->index;
  const uint3& t = thread.index;
  return fmt::format("block ({},{},{}), thread ({},{},{})", b.x, b.y, b.z, t.x, t.y, t.z);
}

std::string name_of(const Site& site) {
  const std::string_view path = site.file_name();
  return fmt::format("{}:{}", path.substr(path.rfind('/') + 1), site.line());
}

std::string describe_waiting(const std::vector<const Block*>& blocks) {
  std::map<std::string, unsigned> waiting;
  unsigned returned = 0;
  for (const Block* block : blocks) {
    returned += block->returned;
    for (const Thread& thread : block->threads) {
      if (thread.waits == nullptr) continue;
      ++waiting[fmt::format("{} ({})", thread.waits, name_of(thread.site))];
    }
  }
  std::string text;
  for (const auto& [where, count] : waiting) {
    text += fmt::format("{}{} wait at {}", text.empty() ? "" : ", ", count, where);
  }
  return text + fmt::format(", {} have returned", returned);
}

}  // namespace emulation
