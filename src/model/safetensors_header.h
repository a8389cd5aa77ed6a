// The JSON header of a safetensors file.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kilat {

struct TensorEntry {
  std::string name;
  std::string dtype;
  std::vector<std::size_t> shape;
  std::size_t begin = 0;  // of its bytes in the data behind the header
  std::size_t end = 0;
};

struct SafetensorsHeader {
  std::vector<TensorEntry> tensors;  // in the order of the text
  std::map<std::string, std::string> metadata;
};

// Throws Error for a text that has not exactly the header's structure, or names a thing twice.
// Whether types, shapes and offsets make sense is left to the caller. `file` is for messages.
SafetensorsHeader parse_header(std::string_view text, const std::string& file);

// Throws Error for text that is not UTF-8.
std::string format_header(const SafetensorsHeader& header);

}  // namespace kilat
