#include <cstdint>
#include <cstring>
#include <limits>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

#include <kilat/error.h>

#include "model/safetensors.h"
#include "model/safetensors_header.h"

namespace kilat {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::vector<std::uint8_t> file_of(std::uint64_t length, std::string_view header, std::size_t data) {
  std::vector<std::uint8_t> bytes(8);
  std::memcpy(bytes.data(), &length, 8);
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.resize(bytes.size() + data);
  return bytes;
}

std::string error_of(const std::vector<std::uint8_t>& bytes) {
  try {
    decode_safetensors(bytes, "bad.safetensors");
  } catch (const Error& error) {
    EXPECT_EQ(error.failure(), Failure::input);
    return error.what();
  }
  return "no error";
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

struct HostileFile {
  const char* name;
  std::string header;
  std::size_t data;  // bytes behind the header
  const char* words;
  const char* deep =
      "";  // many times, at the header's end; repeated by the test, as all tests make all cases
};

void PrintTo(const HostileFile& c, std::ostream* out) { *out << c.header.substr(0, 200); }

class HostileHeader : public testing::TestWithParam<HostileFile> {};

TEST_P(HostileHeader, IsRefusedInOneLineThatNamesTheFile) {
  const auto& [name, start, data, words, deep] = GetParam();
  const std::string header = start + repeated(deep, 100'000);
  const std::string error = error_of(file_of(header.size(), header, data));
  EXPECT_THAT(error,
              AllOf(StartsWith("bad.safetensors: "), HasSubstr(words), Not(HasSubstr("\n"))));
  EXPECT_LT(error.size(), 300U);
}

// A header of one tensor, x.
std::string one(const std::string& fields) { return "{\"x\":{" + fields + "}}"; }

std::string tensor(const std::string& name, const std::string& shape, std::size_t begin,
                   std::size_t end) {
  return "\"" + name + R"(":{"dtype":"U8","shape":)" + shape + R"(,"data_offsets":[)" +
         std::to_string(begin) + "," + std::to_string(end) + "]}";
}

const std::vector<HostileFile> kNotJson = {
    {"Empty", "", 0, "not a JSON object"},
    {"Spaces", "        ", 0, "not a JSON object"},
    {"Binary", "PK\x03\x04", 0, "not a JSON object"},
    {"List", "[]", 0, "not a JSON object"},
    {"Unclosed", R"({"x")", 0, "not JSON in UTF-8 at byte 5"},
    {"CommaAtEnd", "{\"x\":1,}", 0, "damaged header"},
    {"TwoValues", "{} {}", 0, "not JSON in UTF-8"},
    {"Comment", "{} // tensors", 0, "not JSON in UTF-8"},
    {"ByteZero", std::string("{\0}", 3), 0, "not JSON in UTF-8 at byte 2"},
    {"InvalidUtf8Name", "{\"\xFF\":{}}", 0, "not JSON in UTF-8 at byte 3"},
    {"InvalidUtf8Metadata", "{\"__metadata__\":{\"a\":\"\xC3(\"}}", 0, "not JSON in UTF-8"},
    {"LoneSurrogate", R"({"\ud800":{}})", 0, "not JSON in UTF-8"},
    {"DeepLists", "", 0, "not a JSON object", "["},
    {"DeepListsInATensor", R"({"x":{"shape":)", 0, "\"shape\" has a list instead of a whole number",
     "["},
    {"DeepObjects", "", 0, "\"x\" is none of dtype, shape", "{\"x\":"},
    {"DeepMetadata", R"({"__metadata__":)", 0,
     "__metadata__: \"x\" has an object instead of a string", "{\"x\":"},
};
INSTANTIATE_TEST_SUITE_P(NotJson, HostileHeader, testing::ValuesIn(kNotJson),
                         [](const auto& test) { return test.param.name; });

const std::vector<HostileFile> kWrongStructure = {
    {"TensorIsNumber", R"({"x":1})", 0, "tensor \"x\": has a number instead of an object"},
    {"TensorIsList", R"({"x":[]})", 0, "tensor \"x\": has a list instead of an object"},
    {"TensorIsNull", R"({"x":null})", 0, "tensor \"x\": has null instead of an object"},
    {"TensorIsEmpty", R"({"x":{}})", 0, "tensor \"x\": no dtype"},
    {"NoShape", one(R"("dtype":"U8","data_offsets":[0,0])"), 0, "tensor \"x\": no shape"},
    {"NoOffsets", one(R"("dtype":"U8","shape":[0])"), 0, "tensor \"x\": no data_offsets"},
    {"UnknownField", one(R"("dtype":"U8","strides":[1])"), 0, "\"strides\" is none of"},
    {"DtypeIsNumber", one(R"("dtype":32)"), 0, "\"dtype\" has a number instead of a string"},
    {"DtypeIsList", one(R"("dtype":["U8"])"), 0, "\"dtype\" has a list instead of a string"},
    {"ShapeIsNumber", one(R"("shape":3)"), 0, "\"shape\" has a number instead of a list"},
    {"ShapeIsObject", one(R"("shape":{})"), 0, "\"shape\" has an object instead of a list"},
    {"ShapeHoldsText", one(R"("shape":["3"])"), 0, "\"shape\" has a string instead of a whole"},
    {"ShapeHoldsObject", one(R"("shape":[{}])"), 0, "\"shape\" has an object instead of a whole"},
    {"ShapeHoldsBoolean", one(R"("shape":[true])"), 0, "\"shape\" has a boolean instead of a"},
    {"ShapeTooLong", one("\"shape\":[" + repeated("1,", 64) + "1]"), 0, "shape is too long"},
    {"OneOffset", one(R"("data_offsets":[0])"), 0, "data_offsets are not two numbers"},
    {"ThreeOffsets", one(R"("data_offsets":[0,1,2])"), 0, "data_offsets are not two numbers"},
    {"MetadataIsList", R"({"__metadata__":[]})", 0,
     "__metadata__: has a list instead of an object"},
    {"MetadataHoldsNumber", R"({"__metadata__":{"epoch":3}})", 0,
     "__metadata__: \"epoch\" has a number instead of a string"},
    {"MetadataHoldsNull", R"({"__metadata__":{"epoch":null}})", 0, "has null instead of a string"},
    {"MetadataHoldsList", R"({"__metadata__":{"epoch":["3"]}})", 0, "has a list instead of a"},
    {"DuplicateTensor", "{" + tensor("x", "[1]", 0, 1) + "," + tensor("x", "[1]", 0, 1) + "}", 1,
     "\"x\" stands there twice"},
    {"DuplicateEscapedTensor",
     R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0078":{}})", 1,
     "\"x\" stands there twice"},
    {"DuplicateField", one(R"("dtype":"U8","dtype":"F32")"), 0, "\"dtype\" stands there twice"},
    {"DuplicateMetadata", R"({"__metadata__":{},"__metadata__":{}})", 0,
     "\"__metadata__\" stands there twice"},
    {"DuplicateMetadataKey", R"({"__metadata__":{"a":"1","a":"2"}})", 0,
     "\"a\" stands there twice"},
    {"NewlineInName", R"({"x\ny":1})", 0, R"("x\ny")"},
    {"EndlessName", "{\"" + std::string(100'000, 'x') + "\":1}", 0, "xxx...\""},
};
INSTANTIATE_TEST_SUITE_P(WrongStructure, HostileHeader, testing::ValuesIn(kWrongStructure),
                         [](const auto& test) { return test.param.name; });

// Fields of a tensor with the given offsets, one dimension of 4 bytes.
std::string offsets(const std::string& text) {
  return one(R"("dtype":"U8","shape":[4],"data_offsets":)" + text);
}
// The same with 8 bytes of data and the given type and shape.
std::string shaped(const std::string& dtype, const std::string& shape) {
  return one(R"("data_offsets":[0,8],"dtype":")" + dtype + R"(","shape":)" + shape);
}

const std::vector<HostileFile> kWrongNumbers = {
    {"NegativeOffset", offsets("[-4,0]"), 4, "\"data_offsets\" has a negative number"},
    {"MinusZeroOffset", offsets("[-0,4]"), 4, "\"data_offsets\" has a negative number"},
    {"FractionalOffset", offsets("[0.0,4]"), 4, "\"data_offsets\" has a fractional or huge"},
    {"OffsetBeyond64Bits", offsets("[0,18446744073709551616]"), 4, "fractional or huge number"},
    {"OffsetBeyondDouble", offsets("[0,1e999]"), 4, "damaged header"},
    {"OffsetOf64Bits", offsets("[0,18446744073709551615]"), 4,
     "ends at byte 18446744073709551615 of 4"},
    {"BeginBehindEnd", offsets("[4,0]"), 4, "begins at byte 4, behind its end, 0"},
    {"EndBehindFile", offsets("[0,4]"), 3, "ends at byte 4 of 3; is the file cut off?"},
    {"RangeBehindFile", offsets("[4,8]"), 4, "ends at byte 8 of 4"},
    {"GapAtStart", offsets("[4,8]"), 8, "begins at byte 4, with a gap to the tensor before it"},
    {"BytesAtEnd", offsets("[0,4]"), 5, "1 bytes at the end belong to no tensor"},
    {"NothingButBytes", "{}", 4, "4 bytes at the end belong to no tensor"},
    {"Overlap", "{" + tensor("x", "[4]", 0, 4) + "," + tensor("y", "[4]", 3, 7) + "}", 7,
     "tensor \"y\": begins at byte 3, inside the tensor before it, which ends at 4"},
    {"SameRange", "{" + tensor("x", "[4]", 0, 4) + "," + tensor("y", "[4]", 0, 4) + "}", 4,
     "tensor \"y\": begins at byte 0, inside"},
    {"OneWithinAnother", "{" + tensor("x", "[8]", 0, 8) + "," + tensor("y", "[0]", 4, 4) + "}", 8,
     "tensor \"y\": begins at byte 4, inside"},
    {"GapBetween", "{" + tensor("x", "[4]", 0, 4) + "," + tensor("y", "[4]", 5, 9) + "}", 9,
     "tensor \"y\": begins at byte 5, with a gap to the tensor before it, which ends at 4"},
    {"NegativeShape", shaped("F32", "[-2]"), 8, "\"shape\" has a negative number"},
    {"FractionalShape", shaped("F32", "[2.5]"), 8, "\"shape\" has a fractional or huge number"},
    {"ShapeTooSmall", shaped("F32", "[1]"), 8, "8 bytes of data where type and shape need 4"},
    {"ShapeTooLarge", shaped("F32", "[3]"), 8, "8 bytes of data where type and shape need 12"},
    {"ScalarTooSmall", shaped("F32", "[]"), 8, "8 bytes of data where type and shape need 4"},
    {"ShapeWithZero", shaped("F32", "[2,0]"), 8, "8 bytes of data where type and shape need 0"},
    {"ShapeOverflow", shaped("U8", "[4294967296,4294967296]"), 8, "a shape beyond all memory"},
    // 2⁶² + 2 elements of 4 bytes wrap around to 8 bytes.
    {"SizeOverflow", shaped("F32", "[4611686018427387906]"), 8, "a shape beyond all memory"},
    {"UnknownDtype", shaped("F33", "[2]"), 8, "tensor \"x\": unknown dtype \"F33\""},
    {"EmptyDtype", shaped("", "[2]"), 8, "tensor \"x\": unknown dtype \"\""},
    {"LowerCaseDtype", shaped("f32", "[2]"), 8, "unknown dtype \"f32\""},
};
INSTANTIATE_TEST_SUITE_P(WrongNumbers, HostileHeader, testing::ValuesIn(kWrongNumbers),
                         [](const auto& test) { return test.param.name; });

TEST(HostileLength, IsRefusedWhenThereIsNone) {
  for (std::size_t size = 0; size < 8; ++size) {
    EXPECT_THAT(error_of(std::vector<std::uint8_t>(size)), HasSubstr("too few"));
  }
}

TEST(HostileLength, IsRefusedBeyondTheFile) {
  EXPECT_THAT(error_of(file_of(3, "{}", 0)), HasSubstr("a header of 3 bytes in a file of 10"));
}

TEST(HostileLength, IsRefusedBeyondTheLimit) {
  for (const std::uint64_t length :
       {std::uint64_t{100'000'001}, std::numeric_limits<std::uint64_t>::max() - 7,
        std::numeric_limits<std::uint64_t>::max()}) {
    EXPECT_THAT(error_of(file_of(length, "{}", 0)), HasSubstr("beyond the limit of 100 MB"));
  }
}

TEST(HostileLength, IsRefusedBeyondTheLimitEvenWithinTheFile) {
  constexpr std::size_t kLength = 100'000'001;
  std::vector<std::uint8_t> bytes = file_of(kLength, "{}", 0);
  bytes.resize(8 + kLength, ' ');
  EXPECT_THAT(error_of(bytes), HasSubstr("beyond the limit of 100 MB"));
}

TEST(HostileLength, IsRefusedWithinTheHeader) {
  EXPECT_THAT(error_of(file_of(1, "{}", 0)), HasSubstr("not JSON in UTF-8"));
}

TEST(ParseHeader, RefusesAListAtTheTop) {
  EXPECT_THROW(parse_header("[]", "file"), Error);
  EXPECT_THROW(parse_header("3", "file"), Error);
}

// What the format allows, unusual as it is.
TEST(ParseHeader, TakesTensorsInAnyOrderAndEmptyOnes) {
  const std::string header = "{" + tensor("last", "[2,2]", 4, 8) + "," +
                             tensor("none", "[0]", 4, 4) + "," + tensor("first", "[4]", 0, 4) +
                             ",\"__metadata__\":{}} \n";
  const auto file = decode_safetensors(file_of(header.size(), header, 8), "memory");
  ASSERT_EQ(file.tensors.size(), 3U);
  EXPECT_EQ(file.tensors[0].name, "first");
  EXPECT_EQ(file.tensors[1].name, "none");
  EXPECT_EQ(file.tensors[2].name, "last");
}

}  // namespace
}  // namespace kilat
