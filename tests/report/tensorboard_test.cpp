// The file is taken apart by hand here, after the TFRecord and protocol buffer documentation, so
// that a mistake in the .proto or in the library's use of it shows.
#include "report/tensorboard.h"

#include <bit>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kilat {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0U);
  }
  return ~crc;
}

std::uint32_t masked(std::uint32_t crc) { return std::rotr(crc, 15) + 0xA282EAD8U; }

std::uint64_t take_fixed(std::string_view& bytes, std::size_t size) {
  if (bytes.size() < size) throw std::runtime_error("the file ends in the middle of a number");
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  bytes.remove_prefix(size);
  return value;
}

std::string_view take(std::string_view& bytes, std::size_t size) {
  if (bytes.size() < size) throw std::runtime_error("the file ends in the middle of a string");
  const std::string_view taken = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return taken;
}

// The data of each TFRecord; checks lengths and checksums.
std::vector<std::string_view> records(std::string_view file) {
  std::vector<std::string_view> found;
  while (!file.empty()) {
    const std::string_view length_bytes = file.substr(0, 8);
    const std::uint64_t length = take_fixed(file, 8);
    EXPECT_EQ(take_fixed(file, 4), masked(crc32c(length_bytes)));
    const std::string_view data = take(file, length);
    EXPECT_EQ(take_fixed(file, 4), masked(crc32c(data)));
    found.push_back(data);
  }
  return found;
}

std::uint64_t take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const std::uint64_t byte = take_fixed(bytes, 1);
    value |= (byte & 0x7FU) << shift;
    if (byte < 0x80) return value;
  }
}

struct Field {
  std::uint64_t number = 0;
  std::uint64_t value = 0;  // varint, 64-bit or 32-bit
  std::string_view bytes;   // length-delimited
};

std::vector<Field> fields(std::string_view message) {
  std::vector<Field> found;
  while (!message.empty()) {
    const std::uint64_t key = take_varint(message);
    Field& field = found.emplace_back();
    field.number = key >> 3;
    switch (key & 7U) {
      case 0:
        field.value = take_varint(message);
        break;
      case 1:
        field.value = take_fixed(message, 8);
        break;
      case 2:
        field.bytes = take(message, take_varint(message));
        break;
      case 5:
        field.value = take_fixed(message, 4);
        break;
      default:
        throw std::runtime_error("unknown wire type");
    }
  }
  return found;
}

// An event with TensorFlow's field numbers; simple_value may be missing but not defaulted.
struct Decoded {
  double wall_time = 0;
  std::int64_t step = 0;
  std::string file_version;
  std::map<std::string, float> values;
};

Decoded decode(std::string_view record) {
  Decoded event;
  for (const Field& field : fields(record)) {
    if (field.number == 1) event.wall_time = std::bit_cast<double>(field.value);
    if (field.number == 2) event.step = static_cast<std::int64_t>(field.value);
    if (field.number == 3) event.file_version = field.bytes;
    if (field.number != 5) continue;
    for (const Field& value : fields(field.bytes)) {
      std::string tag;
      for (const Field& part : fields(value.bytes)) {
        if (part.number == 1) tag = part.bytes;
        if (part.number == 2) {
          event.values[tag] = std::bit_cast<float>(static_cast<std::uint32_t>(part.value));
        }
      }
    }
  }
  return event;
}

Evaluation example() {
  Evaluation row;
  row.iteration = 469;
  row.train = {0.25, 0.5};
  row.validation = {0.125, 0.75};
  row.learning_rate = 0.1;
  row.dead = {0, 0};
  row.train_seconds = 3.5;
  return row;
}

TEST(TensorBoard, TheTestsOwnChecksumKnowsTheStandardVector) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
}

TEST(TensorBoard, AFileStartsWithItsVersion) {
  const std::string file = tensorboard_events({}, 1000.5);
  const auto found = records(file);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(decode(found[0]).file_version, "brain.Event:2");
  EXPECT_EQ(decode(found[0]).wall_time, 1000.5);
}

TEST(TensorBoard, AnEvaluationIsAnEventWithItsFigures) {
  const std::string file = tensorboard_events(std::vector{example(), example()}, 1000);
  const auto found = records(file);
  ASSERT_EQ(found.size(), 3U);
  const Decoded event = decode(found[1]);
  EXPECT_EQ(event.step, 469);
  EXPECT_EQ(event.wall_time, 1003.5);
  EXPECT_THAT(event.values, UnorderedElementsAre(
                                Pair("loss/train", 0.25F), Pair("accuracy/train", 0.5F),
                                Pair("loss/validation", 0.125F), Pair("accuracy/validation", 0.75F),
                                Pair("learning_rate", 0.1F), Pair("dead_units", 0.0F)));
}

TEST(TensorBoard, WhatWasNotMeasuredIsLeftOut) {
  Evaluation row;
  row.test = {0.5, kNotMeasured};
  const std::string file = tensorboard_events(std::vector{row}, 0);
  EXPECT_THAT(decode(records(file).at(1)).values,
              UnorderedElementsAre(Pair("loss/test", 0.5F), Pair("learning_rate", 0.0F)));
}

}  // namespace
}  // namespace kilat
