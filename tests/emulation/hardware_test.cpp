// What <hardware.h> promises, by small kernels. Runs under the emulation and on GPUs, so that the
// twins of that header are held to the same tests.
#include <array>
#include <random>

#include "emulation_test.h"
#include "kernels/kernels.h"

namespace emulation_test {
namespace {

// The layout as PTX's manual has it, element by element.
TEST(HardwareTest, AProductIsThatOfItsMatrices) {
  std::mt19937 random(1);
  for (const bool a_signed : {false, true}) {
    std::array<std::array<int, 32>, 16> a;
    std::array<std::array<int, 32>, 8> b;
    std::vector<ByteProduct> products(32);
    for (auto& row : a)
      for (int& x : row) x = static_cast<int>(random() % 256) - (a_signed ? 128 : 0);
    for (auto& row : b)
      for (int& x : row) x = static_cast<int>(random() % 256) - (a_signed ? 0 : 128);
    for (unsigned lane = 0; lane < 32; ++lane) {
      ByteProduct& p = products[lane];
      p = {};
      for (unsigned i = 0; i < 16; ++i) {  // PTX's a0 to a15
        const unsigned row = lane / 4 + ((i < 4 || (i >= 8 && i < 12)) ? 0 : 8);
        const unsigned column = lane % 4 * 4 + i % 4 + (i < 8 ? 0 : 16);
        p.a[i / 4] |= static_cast<unsigned>(a[row][column] & 0xff) << i % 4 * 8;
      }
      for (unsigned i = 0; i < 8; ++i) {
        const unsigned row = lane % 4 * 4 + i % 4 + (i < 4 ? 0 : 16);
        p.b[i / 4] |= static_cast<unsigned>(b[lane / 4][row] & 0xff) << i % 4 * 8;
      }
      for (int& sum : p.sum) sum = 1000;
    }
    const DeviceArray<ByteProduct> on_device(products);
    ASSERT_EQ(launch({1, 32}, multiply_bytes, on_device.data(), a_signed), cudaSuccess);
    products = on_device.values();
    for (unsigned lane = 0; lane < 32; ++lane) {
      for (unsigned i = 0; i < 4; ++i) {
        const unsigned row = lane / 4 + (i < 2 ? 0 : 8), column = lane % 4 * 2 + i % 2;
        int sum = 1000;
        for (unsigned k = 0; k < 32; ++k) sum += a[row][k] * b[column][k];
        EXPECT_EQ(products[lane].sum[i], sum) << lane << " " << i;
      }
    }
  }
}

TEST(HardwareTest, ASumWrapsRound) {
  std::vector<ByteProduct> products(32, {{0x01010101, 0, 0, 0}, {0x01010101, 0}, {2147483647}});
  const DeviceArray<ByteProduct> on_device(products);
  ASSERT_EQ(launch({1, 32}, multiply_bytes, on_device.data(), false), cudaSuccess);
  EXPECT_EQ(on_device.values()[0].sum[0], -2147483647 - 1 + 15);
}

TEST(HardwareTest, MatricesComeAsTheyLieOrTransposed) {
  std::vector<unsigned char> bytes(32 * 16);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<unsigned char>(i * 7 + i / 256);
  const DeviceArray<unsigned char> in(bytes);
  const auto pair = [&](unsigned matrix, unsigned row, unsigned column) {
    const std::size_t at = (matrix * 8 + row) * 16 + column * 2;
    return static_cast<unsigned>(bytes[at] | bytes[at + 1] << 8);
  };
  for (const bool transposed : {false, true}) {
    const DeviceArray<unsigned[4]> out(32);
    ASSERT_EQ(launch({1, 32, 1024}, load_byte_matrices, out.data(), in.data(), transposed, 16U),
              cudaSuccess);
    std::vector<unsigned> got(128);
    ASSERT_EQ(cudaMemcpy(got.data(), out.data(), 512, cudaMemcpyDeviceToHost), cudaSuccess);
    for (unsigned lane = 0; lane < 32; ++lane) {
      for (unsigned m = 0; m < 4; ++m) {
        const unsigned i = lane / 4, j = lane % 4 * 2;
        const unsigned wanted = transposed ? pair(m, j, i) | pair(m, j + 1, i) << 16
                                           : pair(m, i, j) | pair(m, i, j + 1) << 16;
        EXPECT_EQ(got[lane * 4 + m], wanted) << lane << " " << m;
      }
    }
  }
}

TEST(HardwareTest, BytesArePermutedAndTheLargestIsFound) {
  const DeviceArray<unsigned> out(3);
  ASSERT_EQ(launch({1, 32}, permute_and_reduce, out.data(), 0x4440U), cudaSuccess);
  EXPECT_EQ(out.values(), (std::vector<unsigned>{0x07050200, 0x7f7f7f80, 63}));
}

TEST(HardwareTest, BlocksOfAClusterSendToEachOther) {
  constexpr int kCluster = 4, kGrid = 12;
  const DeviceArray<int> in(counting(kGrid)), out(kGrid);
  ASSERT_EQ(launch_clusters(kCluster, {kGrid, 64, 1024}, sum_in_cluster, out.data(), in.data(),
                            Flaw::none),
            cudaSuccess);
  for (int block = 0; block < kGrid; ++block) {
    EXPECT_EQ(out.values()[static_cast<std::size_t>(block)], block / 4 * 16 + 6);
  }
}

TEST(HardwareTest, RowsComeThroughTwoBuffers) {
  constexpr int kRows = 7, kBlocks = 3, kNumbers = kBlocks * kRows * 64;
  const DeviceArray<int> in(counting(kNumbers)), out(kNumbers);
  ASSERT_EQ(launch({kBlocks, 64, 1024}, double_rows, out.data(), in.data(), kRows, Flaw::none),
            cudaSuccess);
  const std::vector<int> values = out.values();
  for (int i = 0; i < kNumbers; ++i) ASSERT_EQ(values[static_cast<std::size_t>(i)], 2 * i);
}

TEST(HardwareTest, WordsReachEveryBlock) {
  constexpr unsigned kBlocks = 6;
  const DeviceArray<int> in(counting(kBlocks)), out(kBlocks);
  const DeviceArray<unsigned long> words(std::vector<unsigned long>(kBlocks, 0));
  ASSERT_EQ(launch_cooperatively({kBlocks, 64}, sum_by_words, out.data(), in.data(), words.data(),
                                 Flaw::none),
            cudaSuccess);
  for (const int sum : out.values()) EXPECT_EQ(sum, 15);
}

TEST(HardwareTest, ThreadsMeetByName) {
  const DeviceArray<int> out(128);
  ASSERT_EQ(launch({1, 128, 1024}, meet_by_name, out.data(), 64U), cudaSuccess);
  const std::vector<int> values = out.values();
  for (int t = 0; t < 128; ++t) EXPECT_EQ(values[static_cast<std::size_t>(t)], t + (t ^ 32) + 4);
}

}  // namespace
}  // namespace emulation_test
