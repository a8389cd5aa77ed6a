#include "runtime/shared_memory.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace emulation {
namespace {

constexpr std::size_t kDynamicAlignment = 16;

// The variable nearest to a byte of the image that belongs to none.
const SharedVariable* nearest(const Object& object, std::size_t offset) {
  const SharedVariable* before = nullptr;
  for (const SharedVariable& variable : object.variables) {
    if (variable.offset > offset) {
      const bool after_is_nearer =
          before == nullptr || variable.offset - offset < offset - before->offset - before->size;
      return after_is_nearer ? &variable : before;
    }
    before = &variable;
  }
  return before;
}

}  // namespace

SharedMemory::SharedMemory(const void* kernel, std::size_t dynamic_bytes)
    : object_(object_of(kernel)), dynamic_(dynamic_bytes, kDynamicAlignment) {}

void SharedMemory::begin() {
  used_ = false;
  if (dynamic_.size() > 0) std::memset(dynamic_.data(), kPoison, dynamic_.size());
}

void SharedMemory::use() {
  if (used_) return;
  used_ = true;
  std::memset(object_.image(), kPoison, object_.tls_size);
}

std::string SharedMemory::find_damage() const {
  const std::string damage = dynamic_.find_damage();
  if (!damage.empty()) return "a thread of the block wrote " + damage + " dynamic shared memory";
  if (!used_) return "";
  const unsigned char* image = object_.image();
  for (const Gap& gap : object_.gaps) {
    const unsigned char* begin = image + gap.offset;
    // Fast where nothing is wrong: the gap equals itself moved by one byte.
    if (*begin == kPoison && std::memcmp(begin, begin + 1, gap.size - 1) == 0) continue;
    const auto* wrong =
        std::find_if(begin, begin + gap.size, [](unsigned char byte) { return byte != kPoison; });
    const SharedVariable* variable = nearest(object_, static_cast<std::size_t>(wrong - image));
    if (variable == nullptr) return "a thread of the block wrote outside shared memory";
    return fmt::format("a thread of the block wrote at byte {} of the __shared__ {}, which has {}",
                       wrong - image - static_cast<std::ptrdiff_t>(variable->offset),
                       variable->name, variable->size);
  }
  return "";
}

void SharedMemory::save() {
  if (used_) saved_.assign(object_.image(), object_.image() + object_.tls_size);
}

void SharedMemory::load() {
  if (used_) std::memcpy(object_.image(), saved_.data(), saved_.size());
}

}  // namespace emulation
