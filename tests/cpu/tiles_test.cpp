// Tiles hold the bytes that they are made of, and nothing beyond those is read.
#include "backend/cpu/exact/tiles.h"

#include <bit>

#include <sys/mman.h>
#include <unistd.h>

#include "ops/op_test.h"

namespace kilat {
namespace {

// Bytes whose end is that of the memory which can be read.
class AtTheEdge {
 public:
  explicit AtTheEdge(const std::vector<std::uint8_t>& bytes) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t readable = tiles_of(bytes.size(), page) * page;
    size_ = readable + page;
    start_ = static_cast<std::uint8_t*>(
        mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(start_ + readable, page, PROT_NONE);
    bytes_ = start_ + readable - bytes.size();
    std::copy(bytes.begin(), bytes.end(), bytes_);
  }
  ~AtTheEdge() { munmap(start_, size_); }
  AtTheEdge(const AtTheEdge&) = delete;
  AtTheEdge& operator=(const AtTheEdge&) = delete;
  const std::uint8_t* data() const { return bytes_; }

 private:
  std::uint8_t* start_ = nullptr;
  std::uint8_t* bytes_ = nullptr;
  std::size_t size_ = 0;
};

// Number (row, column) of tiles of [rows, depth].
double number_of(const HostBuffer<Bf16>& tiles, std::size_t depth, std::size_t row,
                 std::size_t column) {
  const std::size_t tile = row / kTileRows * tiles_of(depth, kTileDepth) + column / kTileDepth;
  const std::uint32_t bits =
      tiles[tile * kTileSize + row % kTileRows * kTileDepth + column % kTileDepth];
  return std::bit_cast<float>(bits << 16);
}

TEST(TilesTest, HoldTheirBytesAndReadNothingBeyond) {
  constexpr float kShift = 33;
  for (const std::size_t features : {1, 5, 17, 31, 32, 33, 64, 100, 784}) {
    for (const std::size_t rows : {1, 2, 7, 16, 31, 40}) {
      SCOPED_TRACE(shape_text(rows, features));
      const auto bytes = random_bytes(rows * features, static_cast<unsigned>(rows + features));
      const AtTheEdge edge(bytes);
      HostBuffer<Bf16> samples(tiled_size(rows, features)), by_feature(tiled_size(features, rows));
      tile_samples({edge.data(), rows, features, kShift, samples.data(), 0, rows});
      tile_features(
          {edge.data(), rows, features, kShift, by_feature.data(), 0, feature_parts(features)});
      for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t k = 0; k < features; ++k) {
          const double wanted = bytes[r * features + k] - kShift;
          ASSERT_EQ(number_of(samples, features, r, k), wanted) << r << ", " << k;
          ASSERT_EQ(number_of(by_feature, rows, k, r), wanted) << r << ", " << k;
        }
      }
    }
  }
}

}  // namespace
}  // namespace kilat
