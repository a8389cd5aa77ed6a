#include "model/safetensors_header.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <kilat/error.h>

#include "model/safetensors.h"

namespace kilat {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kMetadata = "__metadata__";
constexpr std::size_t kMaxRank = 64;  // as many dimensions as PyTorch knows

// Parses the header token by token, so that nesting uses no stack, unexpected values use no memory,
// and duplicate keys are detected.
class HeaderReader final : public nlohmann::json_sax<Json> {
 public:
  explicit HeaderReader(const std::string& file) : file_(file) {}

  SafetensorsHeader take() { return std::move(header_); }

  bool start_object(std::size_t) override {
    if (depth_ == 2 || in_list_) misplaced("an object");
    ++depth_;
    return true;
  }

  bool key(std::string& key) override {
    if (depth_ == 1) {
      if (!names_.insert(key).second) fail_twice(key);
      in_metadata_ = key == kMetadata;
      if (!in_metadata_) header_.tensors.push_back({.name = key, .dtype = {}, .shape = {}});
      fields_.clear();
      return true;
    }
    field_ = key;
    if (in_metadata_) return true;
    if (!fields_.insert(key).second) fail_twice(key);
    if (key != "dtype" && key != "shape" && key != "data_offsets") {
      fail(fmt::format("{}: {} is none of dtype, shape, data_offsets", where(), printable(key)));
    }
    return true;
  }

  bool end_object() override {
    if (depth_ == 2 && !in_metadata_) {
      for (const char* field : {"dtype", "shape", "data_offsets"}) {
        if (!fields_.contains(field)) fail(fmt::format("{}: no {}", where(), field));
      }
    }
    --depth_;
    return true;
  }

  bool start_array(std::size_t) override {
    if (!expects_list()) misplaced("a list");
    in_list_ = true;
    offsets_.clear();
    return true;
  }

  bool end_array() override {
    in_list_ = false;
    if (field_ == "shape") return true;
    if (offsets_.size() != 2) fail(where() + ": data_offsets are not two numbers");
    header_.tensors.back().begin = offsets_[0];
    header_.tensors.back().end = offsets_[1];
    return true;
  }

  bool string(std::string& value) override {
    if (!expects_string()) misplaced("a string");
    if (in_metadata_) {
      if (!header_.metadata.emplace(field_, std::move(value)).second) fail_twice(field_);
    } else {
      header_.tensors.back().dtype = std::move(value);
    }
    return true;
  }

  bool number_unsigned(std::uint64_t value) override {
    if (!in_list_) misplaced("a number");
    auto& list = field_ == "shape" ? header_.tensors.back().shape : offsets_;
    if (list.size() == kMaxRank) fail(fmt::format("{}: {} is too long", where(), field_));
    list.push_back(value);
    return true;
  }

  bool number_integer(std::int64_t) override { return misplaced("a negative number"); }
  bool number_float(double, const std::string&) override {
    return misplaced("a fractional or huge number");
  }
  bool boolean(bool) override { return misplaced("a boolean"); }
  bool null() override { return misplaced("null"); }
  bool binary(Json::binary_t&) override { return misplaced("a binary value"); }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    return fail(fmt::format("not JSON in UTF-8 at byte {}", position));
  }

 private:
  bool expects_string() const {
    return depth_ == 2 && !in_list_ && (in_metadata_ || field_ == "dtype");
  }
  bool expects_list() const { return depth_ == 2 && !in_list_ && !expects_string(); }

  // The object or tensor that is being read.
  std::string where() const {
    if (depth_ == 0) return "top level";
    return in_metadata_ ? std::string(kMetadata)
                        : "tensor " + printable(header_.tensors.back().name);
  }

  bool misplaced(std::string_view what) const {
    const char* expected = in_list_           ? "a whole number that is not negative"
                           : expects_string() ? "a string"
                           : expects_list()   ? "a list"
                                              : "an object";
    const std::string field = depth_ == 2 ? printable(field_) + " " : "";
    return fail(fmt::format("{}: {}has {} instead of {}", where(), field, what, expected));
  }

  [[noreturn]] void fail_twice(const std::string& key) const {
    fail(fmt::format("{} stands there twice", printable(key)));
  }

  [[noreturn]] bool fail(const std::string& what) const {
    throw Error(fmt::format("{}: damaged header: {}", file_, what));
  }

  const std::string& file_;
  SafetensorsHeader header_;
  int depth_ = 0;             // of open objects: the header is 1, a tensor or the metadata 2
  bool in_metadata_ = false;  // the last key at depth 1 was __metadata__
  bool in_list_ = false;
  std::string field_;  // the last key at depth 2
  std::set<std::string> names_, fields_;
  std::vector<std::size_t> offsets_;
};

}  // namespace

SafetensorsHeader parse_header(std::string_view text, const std::string& file) {
  HeaderReader reader(file);
  Json::sax_parse(text.begin(), text.end(), &reader);
  return reader.take();
}

std::string format_header(const SafetensorsHeader& header) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (!header.metadata.empty()) json[std::string(kMetadata)] = header.metadata;
  for (const TensorEntry& tensor : header.tensors) {
    if (json.contains(tensor.name) || tensor.name == kMetadata) {
      throw Error(fmt::format("tensor {}: the name is taken", printable(tensor.name)));
    }
    json[tensor.name] = {{"dtype", tensor.dtype},
                         {"shape", tensor.shape},
                         {"data_offsets", {tensor.begin, tensor.end}}};
  }
  try {
    return json.dump();
  } catch (const nlohmann::json::type_error&) {
    throw Error("a safetensors header with a name or metadata that is not UTF-8");
  }
}

}  // namespace kilat
