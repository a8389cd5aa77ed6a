#include "model/safetensors.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <kilat/error.h>

#include "base/file.h"
#include "support/temp_folder.h"

namespace kilat {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

std::string header_of(const std::vector<std::uint8_t>& bytes) {
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  return {bytes.begin() + 8, bytes.begin() + 8 + static_cast<std::ptrdiff_t>(length)};
}

SafetensorsFile example_file() {
  return {{make_tensor("velocity", {2, 1}, std::vector<double>{0.1, -0.0}),
           make_tensor("iteration", {}, std::array<std::int64_t, 1>{-5}),
           make_tensor("seed", {1}, std::array<std::uint64_t, 1>{~std::uint64_t{0}}),
           make_tensor("weight", {3}, std::vector<float>{1, 2, 3}),
           make_tensor("empty", {4, 0}, std::vector<float>{}),
           make_tensor("bytes", {3}, std::vector<std::uint8_t>{1, 2, 255})},
          {{"format", "pt"}, {"text", "\"quoted\"\n über"}}};
}

std::string error_of(const SafetensorsFile& contents) {
  try {
    encode_safetensors(contents);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Safetensors, GivesBackWhatWasWritten) {
  const SafetensorsFile before = example_file();
  const SafetensorsFile after = decode_safetensors(encode_safetensors(before), "memory");
  EXPECT_EQ(after.metadata, before.metadata);
  ASSERT_EQ(after.tensors.size(), before.tensors.size());
  for (std::size_t i = 0; i < before.tensors.size(); ++i) {
    EXPECT_EQ(after.tensors[i].name, before.tensors[i].name);
    EXPECT_EQ(after.tensors[i].dtype, before.tensors[i].dtype);
    EXPECT_EQ(after.tensors[i].shape, before.tensors[i].shape);
    EXPECT_EQ(after.tensors[i].bytes, before.tensors[i].bytes);
  }
}

TEST(Safetensors, GivesValuesInTheirType) {
  const SafetensorsFile file = example_file();
  EXPECT_THAT(tensor_values<double>(*file.find("velocity")), ElementsAre(0.1, -0.0));
  EXPECT_THAT(tensor_values<std::int64_t>(*file.find("iteration")), ElementsAre(-5));
  EXPECT_THAT(tensor_values<std::uint64_t>(*file.find("seed")), ElementsAre(~std::uint64_t{0}));
  EXPECT_THAT(tensor_values<float>(*file.find("weight")), ElementsAre(1, 2, 3));
  EXPECT_THAT(tensor_values<float>(*file.find("empty")), IsEmpty());
  EXPECT_THROW(tensor_values<float>(*file.find("velocity")), Error);
}

TEST(Safetensors, FindsTensorsByName) {
  const SafetensorsFile file = example_file();
  ASSERT_NE(file.find("bytes"), nullptr);
  EXPECT_EQ(file.find("bytes")->dtype, "U8");
  EXPECT_EQ(file.find("byte"), nullptr);
}

// Byte for byte what the format's page asks for, tensors in the order given.
TEST(Safetensors, WritesThePublishedFormat) {
  const SafetensorsFile file{{make_tensor("b", {1, 2}, std::vector<float>{1.0F, -2.0F}),
                              make_tensor("a", {1}, std::vector<std::uint8_t>{7})},
                             {{"k", "v"}}};
  const std::string header = R"({"__metadata__":{"k":"v"},)"
                             R"("b":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
                             R"("a":{"dtype":"U8","shape":[1],"data_offsets":[8,9]}})";
  const std::string padding(8 - header.size() % 8, ' ');
  std::vector<std::uint8_t> expected = {
      static_cast<std::uint8_t>(header.size() + padding.size()), 0, 0, 0, 0, 0, 0, 0};
  expected.insert(expected.end(), header.begin(), header.end());
  expected.insert(expected.end(), padding.begin(), padding.end());
  for (const int byte : {0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0, 7}) {
    expected.push_back(static_cast<std::uint8_t>(byte));
  }
  EXPECT_EQ(encode_safetensors(file), expected);
}

TEST(Safetensors, BeginsDataAtAMultipleOf8) {
  for (std::size_t length = 1; length <= 16; ++length) {
    const std::string name(length, 'n');
    const auto bytes =
        encode_safetensors({{make_tensor(name, {1}, std::vector<std::uint8_t>{9})}, {}});
    const std::string header = header_of(bytes);
    EXPECT_EQ(header.size() % 8, 0U) << length;
    EXPECT_LT(header.size() - header.find_last_not_of(' ') - 1, 8U) << "needless padding";
    EXPECT_EQ(bytes.size(), 8 + header.size() + 1);
    EXPECT_THAT(decode_safetensors(bytes, "memory").tensors, SizeIs(1));
  }
}

TEST(Safetensors, MayHoldNothing) {
  const auto bytes = encode_safetensors({});
  EXPECT_EQ(header_of(bytes), "{}      ");
  EXPECT_THAT(decode_safetensors(bytes, "memory").tensors, IsEmpty());
}

TEST(Safetensors, ComesBackFromAFile) {
  const TempFolder folder;
  write_safetensors(folder / "a.safetensors", example_file());
  EXPECT_EQ(read_file(folder / "a.safetensors"), encode_safetensors(example_file()));
  EXPECT_THAT(read_safetensors(folder / "a.safetensors").tensors,
              SizeIs(example_file().tensors.size()));
}

TEST(Safetensors, RefusesToWriteWhatItWouldNotRead) {
  const Tensor good = make_tensor("good", {2}, std::vector<float>{1, 2});
  Tensor bad = good;
  bad.shape = {3};
  EXPECT_THAT(error_of({{bad}, {}}), HasSubstr("8 bytes of data where type and shape need 12"));
  bad = good;
  bad.dtype = "float";
  EXPECT_THAT(error_of({{bad}, {}}), HasSubstr("unknown dtype \"float\""));
  EXPECT_THAT(error_of({{good, good}, {}}), HasSubstr("tensor \"good\": the name is taken"));
  bad = good;
  bad.name = "__metadata__";
  EXPECT_THAT(error_of({{bad}, {}}), HasSubstr("the name is taken"));
  bad.name = "\xFF";
  EXPECT_THAT(error_of({{bad}, {}}), HasSubstr("not UTF-8"));
  EXPECT_THAT(error_of({{good}, {{"key", "\xC3"}}}), HasSubstr("not UTF-8"));
}

TEST(Printable, KeepsAMessageToOneShortLine) {
  EXPECT_EQ(printable("0.weight"), "\"0.weight\"");
  EXPECT_EQ(printable("a\nb\x1B[31m"), "\"a\\nb\\u001b[31m\"");
  EXPECT_EQ(printable("\xFF"), "\"\\ufffd\"");
  EXPECT_THAT(printable(std::string(1000, 'x')), SizeIs(64 + 5));
}

}  // namespace
}  // namespace kilat
