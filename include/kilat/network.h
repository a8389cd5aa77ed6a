// A multi-layer perceptron as data: layers, parameters, and what its inputs and outputs mean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <kilat/activation.h>
#include <kilat/dataset.h>

namespace kilat {

// How initial weights are drawn. he_*: He et al. 2015, equations 10 and 15, standard deviation
// √(2/((1 + slope²) in)) with the slope of the layer's own activation, 0 of ReLU.
// glorot_*: Glorot and Bengio 2010, equation 16, deviation √(2/(in + out)). For these four the
// biases are zero. uniform: in [−scale, scale); normal: deviation scale; both draw biases too.
enum class Init { he_normal, he_uniform, glorot_normal, glorot_uniform, uniform, normal };

// The sizes and the place in the parameter block of one linear layer, y = x Wᵀ + b.
struct LinearShape {
  std::size_t in = 0;
  std::size_t out = 0;
  std::size_t weight = 0;  // offset of W, [out, in] row-major
  std::size_t bias = 0;    // offset of b, [out]
};

// The layers of widths {in, hidden…, out}. Every tensor starts at a multiple of 16 numbers, so that
// vector loads are aligned; the padding between them stays zero.
std::vector<LinearShape> linear_shapes(std::span<const std::size_t> widths);

// Numbers in the parameter block of these layers, padding included.
std::size_t parameter_block_size(std::span<const LinearShape> layers);

struct Layer {
  std::size_t units = 0;
  Activation activation;  // of a hidden layer; ignored in the last layer, which has softmax

  bool operator==(const Layer&) const = default;
};

// Linear, activation, Linear, …, Linear; softmax on top. The last layer has a unit for each class.
struct Network {
  std::size_t features = 0;              // pixels of one image
  std::vector<Layer> layers;             // hidden…, classes
  Normalisation normalisation;           // of the input bytes
  std::vector<std::uint8_t> classes;     // [outputs()], the label of each output
  std::vector<std::size_t> image_shape;  // of the training images, such as {28, 28}
  std::vector<float> parameters;         // one block, laid out by linear_shapes(widths())

  std::size_t outputs() const { return layers.back().units; }
  std::vector<std::size_t> widths() const;      // {features, hidden…, classes}
  std::vector<Activation> activations() const;  // of the hidden layers
  std::vector<LinearShape> shapes() const { return linear_shapes(widths()); }
  std::span<const float> weight(const LinearShape& layer) const {
    return std::span(parameters).subspan(layer.weight, layer.in * layer.out);
  }
  std::span<const float> bias(const LinearShape& layer) const {
    return std::span(parameters).subspan(layer.bias, layer.out);
  }
  std::string text() const;  // "784-800-10"; "784-800-10, leaky-relu 0.01"
};

// "relu", "leaky-relu 0.01", in digits that give the same float again.
std::string to_string(const Activation& activation);
// The inverse of to_string. Throws Error for any other text.
Activation parse_activation(const std::string& text);

// A network of these widths, {features, hidden…, classes}, with this activation between them and
// zero parameters. Throws Error when a width is zero, when there are more than 256 classes (a label
// is one byte), or when the size of the parameter block would overflow.
Network make_network(const std::vector<std::size_t>& widths, const Activation& activation = {});

// Draws the parameters, each from (seed, layer, index) alone. `scale` is for uniform and normal.
void initialise(Network& network, Init init, float scale, std::uint64_t seed);

// SHA-256 of the tensors in order (each layer's weight, then bias), as little-endian bytes: equal
// exactly when the weights are equal bit for bit. 64 hexadecimal digits.
std::string weights_sha256(const Network& network);

}  // namespace kilat
