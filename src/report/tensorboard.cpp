#include "report/tensorboard.h"

#include <boost/crc.hpp>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <tensorboard.pb.h>

#include "report/history.h"

namespace kilat {
namespace {

void append_little_endian(std::string& bytes, std::uint64_t value, int count) {
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
}

// TFRecord's CRC32C, rotated and offset so that a CRC over data that holds CRCs stays sound.
std::uint32_t masked_crc(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  const auto value = static_cast<std::uint32_t>(crc.checksum());
  return (value >> 15 | value << 17) + 0xA282EAD8U;
}

// A TFRecord: length (8 bytes), its CRC (4), the data, its CRC (4).
void append_record(std::string& file, const Event& event) {
  const std::string data = event.SerializeAsString();
  std::string length;
  append_little_endian(length, data.size(), 8);
  file += length;
  append_little_endian(file, masked_crc(length), 4);
  file += data;
  append_little_endian(file, masked_crc(data), 4);
}

void add_value(Summary& summary, std::string_view tag, double value) {
  if (std::isnan(value)) return;
  Summary::Value& added = *summary.add_value();
  added.set_tag(std::string(tag));
  added.set_simple_value(static_cast<float>(value));
}

Event make_event(const Evaluation& evaluation, double wall_time_start) {
  Event event;
  event.set_wall_time(wall_time_start + evaluation.train_seconds);
  event.set_step(static_cast<std::int64_t>(evaluation.iteration));
  Summary& summary = *event.mutable_summary();
  add_value(summary, "loss/train", evaluation.train.loss);
  add_value(summary, "loss/validation", evaluation.validation.loss);
  add_value(summary, "loss/test", evaluation.test.loss);
  add_value(summary, "accuracy/train", evaluation.train.accuracy);
  add_value(summary, "accuracy/validation", evaluation.validation.accuracy);
  add_value(summary, "accuracy/test", evaluation.test.accuracy);
  add_value(summary, "learning_rate", evaluation.learning_rate);
  add_value(summary, "dead_units", worst_dead_share(evaluation));
  return event;
}

}  // namespace

std::string tensorboard_events(std::span<const Evaluation> history, double wall_time_start) {
  Event version;
  version.set_wall_time(wall_time_start);
  version.set_file_version("brain.Event:2");
  std::string file;
  append_record(file, version);
  for (const Evaluation& evaluation : history) {
    append_record(file, make_event(evaluation, wall_time_start));
  }
  return file;
}

}  // namespace kilat
