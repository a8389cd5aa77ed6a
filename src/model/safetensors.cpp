#include "model/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <nlohmann/json.hpp>
#include <utility>

#include <fmt/format.h>

#include <kilat/error.h>

#include "base/file.h"
#include "model/safetensors_header.h"

namespace kilat {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are written as memory has them");

constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kMaxHeader = 100'000'000;  // the reference implementation's limit

// Bytes of one element; 0 for a type that is not known.
std::size_t element_size(std::string_view dtype) {
  using Entry = std::pair<std::string_view, std::size_t>;
  static constexpr auto kSizes = std::to_array<Entry>({{"BOOL", 1},
                                                       {"U8", 1},
                                                       {"I8", 1},
                                                       {"F8_E5M2", 1},
                                                       {"F8_E4M3", 1},
                                                       {"F8_E8M0", 1},
                                                       {"U16", 2},
                                                       {"I16", 2},
                                                       {"F16", 2},
                                                       {"BF16", 2},
                                                       {"U32", 4},
                                                       {"I32", 4},
                                                       {"F32", 4},
                                                       {"C64", 8},
                                                       {"U64", 8},
                                                       {"I64", 8},
                                                       {"F64", 8}});
  const auto* found = std::ranges::find(kSizes, dtype, &Entry::first);
  return found == kSizes.end() ? 0 : found->second;
}

// The type and shape of a tensor must give exactly `bytes`. `where` begins the message.
void check_size(const std::string& where, const std::string& dtype,
                std::span<const std::size_t> shape, std::size_t bytes) {
  std::size_t expected = element_size(dtype);
  if (expected == 0) throw Error(fmt::format("{}: unknown dtype {}", where, printable(dtype)));
  for (const std::size_t length : shape) {
    if (__builtin_mul_overflow(expected, length, &expected)) {
      throw Error(where + ": a shape beyond all memory");
    }
  }
  if (expected != bytes) {
    throw Error(
        fmt::format("{}: {} bytes of data where type and shape need {}", where, bytes, expected));
  }
}

// Sorts the entries by their bytes, which must cover the `size` bytes of data without gap or
// overlap.
void check_entries(std::vector<TensorEntry>& entries, std::size_t size, const std::string& file) {
  const auto where = [&](const TensorEntry& entry) {
    return fmt::format("{}: tensor {}", file, printable(entry.name));
  };
  for (const TensorEntry& entry : entries) {
    if (entry.begin > entry.end) {
      throw Error(fmt::format("{}: begins at byte {}, behind its end, {}", where(entry),
                              entry.begin, entry.end));
    }
    if (entry.end > size) {
      throw Error(fmt::format("{}: ends at byte {} of {}; is the file cut off?", where(entry),
                              entry.end, size));
    }
    check_size(where(entry), entry.dtype, entry.shape, entry.end - entry.begin);
  }
  std::ranges::stable_sort(
      entries, {}, [](const TensorEntry& entry) { return std::pair(entry.begin, entry.end); });
  std::size_t covered = 0;
  for (const TensorEntry& entry : entries) {
    if (entry.begin != covered) {
      throw Error(fmt::format("{}: begins at byte {}, {} the tensor before it, which ends at {}",
                              where(entry), entry.begin,
                              entry.begin < covered ? "inside" : "with a gap to", covered));
    }
    covered = entry.end;
  }
  if (covered != size) {
    throw Error(fmt::format("{}: {} bytes at the end belong to no tensor", file, size - covered));
  }
}

std::string_view header_text(std::span<const std::uint8_t> bytes, const std::string& file) {
  std::uint64_t length = 0;
  if (bytes.size() < kLengthBytes) {
    throw Error(fmt::format("{}: {} bytes are too few for a safetensors file", file, bytes.size()));
  }
  std::memcpy(&length, bytes.data(), kLengthBytes);
  bytes = bytes.subspan(kLengthBytes);
  if (length > kMaxHeader || length > bytes.size()) {
    throw Error(fmt::format(
        "{}: a header of {} bytes {}: cut off, or not a safetensors file", file, length,
        length > kMaxHeader ? "is beyond the limit of 100 MB"
                            : fmt::format("in a file of {}", kLengthBytes + bytes.size())));
  }
  if (length == 0 || bytes[0] != '{') {
    throw Error(file + ": the header is not a JSON object: not a safetensors file");
  }
  return {reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(length)};
}

}  // namespace

const Tensor* SafetensorsFile::find(std::string_view name) const {
  const auto found = std::ranges::find(tensors, name, &Tensor::name);
  return found == tensors.end() ? nullptr : &*found;
}

std::vector<std::uint8_t> encode_safetensors(const SafetensorsFile& contents) {
  SafetensorsHeader header{{}, contents.metadata};
  std::size_t size = 0;
  for (const Tensor& tensor : contents.tensors) {
    check_size("tensor " + printable(tensor.name), tensor.dtype, tensor.shape, tensor.bytes.size());
    const std::size_t begin = size;
    size += tensor.bytes.size();
    header.tensors.push_back({tensor.name, tensor.dtype, tensor.shape, begin, size});
  }
  std::string text = format_header(header);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  if (text.size() > kMaxHeader) throw Error("a safetensors header beyond 100 MB");

  std::vector<std::uint8_t> bytes(kLengthBytes);
  const std::uint64_t length = text.size();
  std::memcpy(bytes.data(), &length, kLengthBytes);
  bytes.reserve(kLengthBytes + text.size() + size);
  bytes.insert(bytes.end(), text.begin(), text.end());
  for (const Tensor& tensor : contents.tensors) {
    bytes.insert(bytes.end(), tensor.bytes.begin(), tensor.bytes.end());
  }
  return bytes;
}

SafetensorsFile decode_safetensors(std::span<const std::uint8_t> bytes, const std::string& name) {
  const std::string_view text = header_text(bytes, name);
  const std::span<const std::uint8_t> data = bytes.subspan(kLengthBytes + text.size());
  SafetensorsHeader header = parse_header(text, name);
  check_entries(header.tensors, data.size(), name);

  SafetensorsFile contents{{}, std::move(header.metadata)};
  for (TensorEntry& entry : header.tensors) {
    const auto from = data.subspan(entry.begin, entry.end - entry.begin);
    contents.tensors.push_back({std::move(entry.name),
                                std::move(entry.dtype),
                                std::move(entry.shape),
                                {from.begin(), from.end()}});
  }
  return contents;
}

void write_safetensors(const std::filesystem::path& file, const SafetensorsFile& contents) {
  write_file(file, encode_safetensors(contents));
}

SafetensorsFile read_safetensors(const std::filesystem::path& file) {
  return decode_safetensors(read_file(file), file.string());
}

std::string printable(std::string_view name) {
  constexpr std::size_t kLongest = 64;
  const std::string shown =
      name.size() <= kLongest ? std::string(name) : std::string(name.substr(0, kLongest)) + "...";
  return nlohmann::json(shown).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

void require_dtype(const Tensor& tensor, std::string_view dtype) {
  if (tensor.dtype == dtype) return;
  throw Error(fmt::format("tensor {}: is {} where {} is needed; convert it and save it again",
                          printable(tensor.name), tensor.dtype, dtype));
}

}  // namespace kilat
