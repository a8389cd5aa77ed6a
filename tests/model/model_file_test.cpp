#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <kilat/error.h>
#include <kilat/model_file.h>

#include "base/file.h"
#include "model/safetensors.h"
#include "support/temp_folder.h"

namespace kilat {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using testing::UnorderedElementsAre;

Network example() {
  Network network = make_network({6, 5, 4, 3});
  initialise(network, Init::normal, 0.1F, 42);
  network.normalisation = {.shift = 33.318447F, .scale = 0.012728233F};
  network.classes = {1, 5, 255};
  network.image_shape = {2, 3};
  return network;
}

class ModelFile : public testing::Test {
 protected:
  // Saves the example, lets `change` spoil it, and loads the result.
  Model changed(const std::function<void(SafetensorsFile&)>& change) {
    save_model(example(), file_);
    SafetensorsFile contents = read_safetensors(file_);
    change(contents);
    write_safetensors(file_, contents);
    return load_model(file_);
  }

  std::string error_of(const std::function<void(SafetensorsFile&)>& change) {
    try {
      changed(change);
    } catch (const Error& error) {
      EXPECT_EQ(error.failure(), Failure::input);
      EXPECT_THAT(error.what(), StartsWith(file_.string() + ": "));
      return error.what();
    }
    return "no error";
  }

  static Tensor& tensor(SafetensorsFile& file, const std::string& name) {
    return *std::ranges::find(file.tensors, name, &Tensor::name);
  }

  // A file of zeros with these weights' and biases' shapes, without metadata.
  std::string error_of_shapes(const std::vector<std::vector<std::size_t>>& shapes) {
    return error_of([&](SafetensorsFile& file) {
      file = {};
      for (std::size_t i = 0; i < shapes.size(); ++i) {
        std::size_t size = 1;
        for (const std::size_t length : shapes[i]) size *= length;
        file.tensors.push_back(
            make_tensor(std::to_string(i / 2 * 2) + (i % 2 ? ".bias" : ".weight"), shapes[i],
                        std::vector<float>(size)));
      }
    });
  }

  TempFolder folder_;
  std::filesystem::path file_ = folder_ / "model.safetensors";
};

TEST_F(ModelFile, GivesBackTheNetworkBitForBit) {
  Network before = example();
  before.parameters[0] = -0.0F;
  before.parameters[1] = std::numeric_limits<float>::denorm_min();
  before.parameters[2] = std::numeric_limits<float>::max();
  const Metadata metadata = {
      {"recipe", "mnist"}, {"seed", "18446744073709551615"}, {"note", "à\n"}};
  save_model(before, file_, metadata);
  const Model after = load_model(file_);
  EXPECT_EQ(after.network.features, before.features);
  EXPECT_EQ(after.network.layers, before.layers);
  EXPECT_EQ(after.network.normalisation, before.normalisation);
  EXPECT_EQ(after.network.classes, before.classes);
  EXPECT_EQ(after.network.image_shape, before.image_shape);
  EXPECT_EQ(after.metadata, metadata);
  ASSERT_EQ(after.network.parameters.size(), before.parameters.size());
  EXPECT_EQ(std::memcmp(after.network.parameters.data(), before.parameters.data(),
                        before.parameters.size() * sizeof(float)),
            0);
}

TEST_F(ModelFile, SavedAgainHasTheSameBytes) {
  save_model(example(), file_, {{"recipe", "mnist"}});
  const Model model = load_model(file_);
  save_model(model.network, folder_ / "again", model.metadata);
  EXPECT_EQ(read_file(folder_ / "again"), read_file(file_));
}

TEST_F(ModelFile, NamesTensorsAsPyTorchsSequentialDoes) {
  save_model(example(), file_);
  std::vector<std::string> names;
  for (const Tensor& tensor : read_safetensors(file_).tensors) names.push_back(tensor.name);
  EXPECT_THAT(names, ElementsAre("0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias"));
}

TEST_F(ModelFile, SaysWhatTheNetworkMeansInItsMetadata) {
  save_model(example(), file_, {{"recipe", "mnist"}});
  EXPECT_THAT(
      read_safetensors(file_).metadata,
      UnorderedElementsAre(std::pair("format", "pt"), std::pair("kilat.widths", "6-5-4-3"),
                           std::pair("kilat.normalisation", "33.318447,0.012728233"),
                           std::pair("kilat.classes", "1,5,255"),
                           std::pair("kilat.image_shape", "2x3"), std::pair("recipe", "mnist")));
}

// Older programs compare the entry with the tensors' widths: they refuse what they would misread.
TEST_F(ModelFile, KeepsTheActivationsBehindTheWidths) {
  const Activation leaky{ActivationKind::leaky_relu, 0.1F};
  for (const auto& [first, second, text] :
       {std::tuple(Activation{}, Activation{}, "6-5-4-3"),
        {leaky, leaky, "6-5-4-3, leaky-relu 0.1"},
        {Activation{}, leaky, "6-5-4-3, relu, leaky-relu 0.1"}}) {
    Network network = example();
    network.layers[0].activation = first;
    network.layers[1].activation = second;
    save_model(network, file_);
    EXPECT_EQ(read_safetensors(file_).metadata.at("kilat.widths"), text);
    EXPECT_EQ(load_model(file_).network.layers, network.layers);
  }
}

TEST_F(ModelFile, WithoutMetadataTakesTheDocumentedMeaning) {
  const Model model = changed([](SafetensorsFile& file) { file.metadata.clear(); });
  EXPECT_EQ(model.network.normalisation, (Normalisation{.shift = 0, .scale = 1.0F / 255}));
  EXPECT_THAT(model.network.classes, ElementsAre(0, 1, 2));
  EXPECT_THAT(model.network.image_shape, IsEmpty());
  EXPECT_THAT(model.metadata, IsEmpty());
  EXPECT_EQ(model.network.parameters, example().parameters);
}

TEST_F(ModelFile, TakesTensorsInAnyOrder) {
  const Model model = changed([](SafetensorsFile& file) { std::ranges::reverse(file.tensors); });
  EXPECT_EQ(model.network.parameters, example().parameters);
}

TEST_F(ModelFile, TakesOneLayerAnd256Classes) {
  Network network = make_network({1, 256});
  initialise(network, Init::he_normal, 1, 1);
  save_model(network, file_);
  EXPECT_EQ(load_model(file_).network.parameters, network.parameters);
}

TEST_F(ModelFile, IsNotSavedUnderMetadataOfItsOwn) {
  EXPECT_THROW(save_model(example(), file_, {{"kilat.widths", "1-2"}}), Error);
  EXPECT_THROW(save_model(example(), file_, {{"format", "tf"}}), Error);
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(ModelFile, IsNotSavedWhenItsPartsDoNotFit) {
  Network network = example();
  network.parameters.pop_back();
  EXPECT_THROW(save_model(network, file_), Error);
  network = example();
  network.classes.pop_back();
  EXPECT_THROW(save_model(network, file_), Error);
  EXPECT_THROW(save_model({}, file_), Error);
}

TEST_F(ModelFile, RefusesNumbersThatAreNotFinite) {
  const auto put = [](const std::string& name, float value) {
    return [=](SafetensorsFile& file) {
      auto& bytes = tensor(file, name).bytes;
      std::memcpy(bytes.data() + bytes.size() - sizeof value, &value, sizeof value);
    };
  };
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_THAT(error_of(put("0.weight", kNan)),
              HasSubstr(": layer 1: weight holds NaN; the file comes from a run that diverged"));
  EXPECT_THAT(error_of(put("2.bias", -kInfinity)), HasSubstr("layer 2: bias holds infinity"));
}

TEST_F(ModelFile, RefusesTensorsOfOtherTypes) {
  for (const auto& [dtype, size] :
       {std::pair("F16", 2), std::pair("BF16", 2), std::pair("F64", 8), std::pair("I32", 4)}) {
    const std::string error = error_of([&, type = dtype, bytes = size](SafetensorsFile& file) {
      tensor(file, "2.bias").dtype = type;
      tensor(file, "2.bias").bytes.resize(static_cast<std::size_t>(4 * bytes));
    });
    EXPECT_THAT(error, AllOf(HasSubstr("tensor \"2.bias\""), HasSubstr(dtype), HasSubstr("F32")));
  }
}

TEST_F(ModelFile, RefusesTensorsThatAreMissingOrHaveNoPlace) {
  const auto rename = [](const std::string& from, const std::string& to) {
    return [=](SafetensorsFile& file) { tensor(file, from).name = to; };
  };
  EXPECT_THAT(error_of(rename("0.bias", "0.scale")), HasSubstr("no tensor 0.bias beside 0.weight"));
  EXPECT_THAT(error_of(rename("4.weight", "6.weight")),
              HasSubstr("no tensor 4.weight beside 4.bias"));
  EXPECT_THAT(error_of(rename("0.weight", "fc1.weight")), HasSubstr("no tensor 0.weight beside"));
  EXPECT_THAT(error_of(rename("4.weight", "04.weight")), HasSubstr("no tensor 4.weight beside"));
  EXPECT_THAT(error_of([](SafetensorsFile& file) {
                file.tensors.push_back(make_tensor("step", {}, std::vector<float>{1}));
              }),
              HasSubstr("tensor \"step\" has no place; a model's tensors are 0.weight, 0.bias"));
  EXPECT_THAT(error_of([](SafetensorsFile& file) {
                tensor(file, "2.weight").name = "8.weight";
                tensor(file, "2.bias").name = "8.bias";
              }),
              HasSubstr("tensor \"4.bias\" has no place"));
  EXPECT_THAT(error_of([](SafetensorsFile& file) { file.tensors.clear(); }),
              HasSubstr("no tensor 0.weight; a model's tensors are"));
}

TEST_F(ModelFile, RefusesShapesThatDoNotFitTogether) {
  EXPECT_THAT(error_of_shapes({{12}, {3}}), HasSubstr("\"0.weight\": shape [12] where a layer"));
  EXPECT_THAT(error_of_shapes({{3, 2, 2}, {3}}), HasSubstr("shape [3, 2, 2] where a layer needs"));
  EXPECT_THAT(error_of_shapes({{}, {3}}), HasSubstr("shape [] where a layer needs [out, in]"));
  EXPECT_THAT(error_of_shapes({{3, 4}, {4}}), HasSubstr("\"0.bias\": shape [4] where the layers"));
  EXPECT_THAT(error_of_shapes({{3, 4}, {3, 1}}),
              HasSubstr("shape [3, 1] where the layers need [3]"));
  EXPECT_THAT(error_of_shapes({{3, 4}, {3}, {2, 4}, {2}}),
              HasSubstr("\"2.weight\": shape [2, 4] where the layers need [2, 3]"));
}

TEST_F(ModelFile, RefusesWidthsThatMakeNoNetwork) {
  EXPECT_THAT(error_of_shapes({{257, 1}, {257}}), HasSubstr("257 classes"));
  EXPECT_THAT(error_of_shapes({{0, 4}, {0}}), HasSubstr("a width is 0"));
  EXPECT_THAT(error_of_shapes({{4, 0}, {4}}), HasSubstr("a width is 0"));
  EXPECT_THAT(error_of_shapes({{0, std::size_t{1} << 60}, {0}}), HasSubstr("a width is 0"));
}

TEST_F(ModelFile, RefusesMetadataThatContradictsTheTensors) {
  const auto error = [this](const std::string& key, const std::string& text) {
    return error_of([&](SafetensorsFile& file) { file.metadata["kilat." + key] = text; });
  };
  EXPECT_THAT(error("widths", "6-5-3"),
              HasSubstr("metadata kilat.widths is \"6-5-3\"; expected \"6-5-4-3\""));
  for (const char* text :
       {"6-5-4-3, gelu", "6-5-4-3, ", "6-5-4-3, leaky-relu", "6-5-4-3, leaky-relu 0",
        "6-5-4-3, leaky-relu 1", "6-5-4-3, leaky-relu nan", "6-5-4-3, leaky-relu 0.1x"}) {
    EXPECT_THAT(error("widths", text), HasSubstr("is no activation")) << text;
  }
  EXPECT_THAT(error("widths", "6-5-4-3, relu, relu, relu"), HasSubstr("each of 2 hidden layers"));
  for (const char* text :
       {"", "1", "1,2,3", "1,", ",1", "a,b", "nan,1", "0,inf", "0,1e999", "1 ,2", "+1,2", "1;2"}) {
    EXPECT_THAT(error("normalisation", text), HasSubstr("expected shift,scale")) << text;
  }
  for (const char* text :
       {"", "0,1", "0,1,2,3", "0,1,1", "0,1,256", "0,1,-1", "0,1,2,", "0, 1, 2", "0x1x2"}) {
    EXPECT_THAT(error("classes", text), HasSubstr("expected 3 different labels")) << text;
  }
  // The product 2 · (2⁶³ + 3) wraps around to 6.
  for (const char* text : {"", "6x", "5", "2x2", "0x6", "-2x-3", "2x3x", "2,3",
                           "2x9223372036854775811", "18446744073709551616"}) {
    EXPECT_THAT(error("image_shape", text), HasSubstr("lengths whose product is 6")) << text;
  }
  EXPECT_EQ(error("image_shape", "3x1x2"), "no error");
}

}  // namespace
}  // namespace kilat
