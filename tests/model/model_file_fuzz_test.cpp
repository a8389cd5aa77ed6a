#include <cstdint>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <kilat/error.h>
#include <kilat/model_file.h>

#include "base/file.h"
#include "support/temp_folder.h"

namespace kilat {
namespace {

using Bytes = std::vector<std::uint8_t>;

// A source of small numbers that is the same on every platform.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : bits_(seed) {}
  std::size_t below(std::size_t limit) { return bits_() % limit; }

 private:
  std::mt19937_64 bits_;
};

void flip_bit(Bytes& bytes, Dice& dice) {
  bytes[dice.below(bytes.size())] ^= static_cast<std::uint8_t>(1U << dice.below(8));
}

void change_header_length(Bytes& bytes, Dice& dice) {
  const std::size_t digit = dice.below(3) == 0 ? dice.below(8) : 0;
  bytes[digit] = static_cast<std::uint8_t>(dice.below(256));
}

// Another digit keeps the JSON valid, so that shapes and offsets go wrong.
void change_digit(Bytes& bytes, Dice& dice) {
  for (std::size_t tries = 0; tries < 100; ++tries) {
    std::uint8_t& byte = bytes[dice.below(bytes.size())];
    if (byte < '0' || byte > '9') continue;
    byte = static_cast<std::uint8_t>('0' + dice.below(10));
    return;
  }
}

void change_character(Bytes& bytes, Dice& dice) {
  constexpr char kCharacters[] = "{}[]\",:0-.eF \\u\xFF";
  bytes[dice.below(bytes.size())] =
      static_cast<std::uint8_t>(kCharacters[dice.below(sizeof kCharacters)]);
}

void cut(Bytes& bytes, Dice& dice) { bytes.resize(dice.below(bytes.size())); }

void extend(Bytes& bytes, Dice& dice) { bytes.resize(bytes.size() + 1 + dice.below(64)); }

// Takes a piece out, or puts it in a second time.
void move_piece(Bytes& bytes, Dice& dice) {
  const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(dice.below(bytes.size()));
  const auto left = static_cast<std::size_t>(bytes.end() - begin);
  const Bytes piece(begin, begin + static_cast<std::ptrdiff_t>(dice.below(left) % 100));
  if (dice.below(2) == 0) {
    bytes.erase(begin, begin + static_cast<std::ptrdiff_t>(piece.size()));
  } else {
    bytes.insert(begin, piece.begin(), piece.end());
  }
}

constexpr void (*kMutations[])(Bytes&, Dice&) = {
    flip_bit, change_header_length, change_digit, change_character, cut, extend, move_piece};

// Every mutation gives an Error that names the file, or a model whose parts fit together.
TEST(ModelFileFuzz, NeverCrashesOnAMutatedFile) {
  const TempFolder folder;
  const std::filesystem::path file = folder / "model.safetensors";
  Network network = make_network({6, 5, 3});
  initialise(network, Init::he_normal, 1, 1);
  network.image_shape = {2, 3};
  save_model(network, file, {{"recipe", "mnist"}, {"seed", "1"}});
  const Bytes original = read_file(file);

  std::size_t models = 0;
  std::size_t errors = 0;
  for (std::uint64_t seed = 0; seed < 5000; ++seed) {
    Dice dice(seed);
    Bytes bytes = original;
    const std::size_t rounds = 1 + dice.below(3);
    for (std::size_t i = 0; i < rounds && bytes.size() >= 8; ++i) {
      kMutations[dice.below(std::size(kMutations))](bytes, dice);
    }
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    try {
      const Model model = load_model(file);
      ++models;
      ASSERT_EQ(model.network.classes.size(), model.network.outputs()) << "seed " << seed;
      ASSERT_EQ(model.network.parameters.size(), parameter_block_size(model.network.shapes()));
    } catch (const Error& error) {
      ++errors;
      const std::string message = error.what();
      ASSERT_EQ(message.rfind(file.string() + ": ", 0), 0U) << message;
      ASSERT_EQ(message.find('\n'), std::string::npos) << message;
    }
  }
  EXPECT_GT(models, 300U) << "too few mutations left a model";
  EXPECT_GT(errors, 2000U) << "too few mutations did harm";
}

}  // namespace
}  // namespace kilat
