// Safetensors: named tensors in one file, behind a JSON header. For models and checkpoints.
//
//   8 bytes   N, the header's length, little-endian
//   N bytes   {"__metadata__": {"key": "text"},
//              "name": {"dtype": "F32", "shape": [800, 784], "data_offsets": [begin, end]}, …}
//   the rest  the tensors' bytes, little-endian, row-major; offsets count from here
//
// The format is that of the safetensors package's documentation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kilat {

struct Tensor {
  std::string name;
  std::string dtype;  // "F32", "F64", "I64", "U8", … as the format names them
  std::vector<std::size_t> shape;
  std::vector<std::uint8_t> bytes;  // little-endian, row-major
};

struct SafetensorsFile {
  std::vector<Tensor> tensors;  // in the order of their bytes
  std::map<std::string, std::string> metadata;

  const Tensor* find(std::string_view name) const;  // nullptr if there is none
};

// Tensors in the order given, the first one aligned to 8 bytes. Wide types should come first, as
// nothing stands between tensors. Throws Error for what decode_safetensors would refuse.
std::vector<std::uint8_t> encode_safetensors(const SafetensorsFile& contents);

// Checks everything before it is used: the tensors must cover the data exactly, without gap or
// overlap. Allocates no more than a small multiple of bytes.size(). `name` is for messages.
SafetensorsFile decode_safetensors(std::span<const std::uint8_t> bytes, const std::string& name);

// The same to and from a file; see write_file and read_file.
void write_safetensors(const std::filesystem::path& file, const SafetensorsFile& contents);
SafetensorsFile read_safetensors(const std::filesystem::path& file);

// How messages name a tensor: quoted, escaped, and shortened when a hostile file made it long.
std::string printable(std::string_view name);

// The dtype of a C++ type: only those below have one.
template <class T>
constexpr const char* kDtype = nullptr;
template <>
inline constexpr const char* kDtype<float> = "F32";
template <>
inline constexpr const char* kDtype<double> = "F64";
template <>
inline constexpr const char* kDtype<std::int64_t> = "I64";
template <>
inline constexpr const char* kDtype<std::uint64_t> = "U64";
template <>
inline constexpr const char* kDtype<std::uint8_t> = "U8";

template <std::ranges::contiguous_range Values>
Tensor make_tensor(std::string name, std::vector<std::size_t> shape, const Values& values) {
  using T = std::ranges::range_value_t<Values>;
  static_assert(kDtype<T> != nullptr, "no dtype for this type");
  const std::span<const T> from(values);
  Tensor tensor{std::move(name), kDtype<T>, std::move(shape), {}};
  tensor.bytes.resize(from.size_bytes());
  if (!from.empty()) std::memcpy(tensor.bytes.data(), from.data(), from.size_bytes());
  return tensor;
}

// Throws Error for a tensor of another type.
void require_dtype(const Tensor& tensor, std::string_view dtype);

template <class T>
std::vector<T> tensor_values(const Tensor& tensor) {
  static_assert(kDtype<T> != nullptr, "no dtype for this type");
  require_dtype(tensor, kDtype<T>);
  std::vector<T> values(tensor.bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), tensor.bytes.data(), values.size() * sizeof(T));
  return values;
}

}  // namespace kilat
