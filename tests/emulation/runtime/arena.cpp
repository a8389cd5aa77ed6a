#include "runtime/arena.h"

#include <cstring>
#include <new>

#include <fmt/format.h>
#include <sys/mman.h>

#include "runtime/failure.h"
#include "runtime/fault.h"
#include "runtime/shared_memory.h"

namespace emulation {
namespace {

constexpr std::size_t kAlignment = 256;
// Addresses only: memory is used as it is touched, and given back when it is freed.
constexpr std::size_t kReserved = std::size_t{1} << 40;
// From here on an allocation is worth huge pages, which are quicker to open and close.
constexpr std::size_t kHuge = std::size_t{2} << 20;

}  // namespace

void Arena::reserve() {
  if (begin_ != nullptr) return;
  void* mapped =
      mmap(nullptr, kReserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  begin_ = static_cast<unsigned char*>(mapped);
  used_ = kPage;
  catch_faults();
}

void* Arena::allocate(std::size_t bytes) {
  reserve();
  if (bytes > kReserved) return nullptr;
  const Placement placement = place(bytes, kAlignment);
  if (placement.pages >= kHuge) used_ = (used_ + kHuge - 1) / kHuge * kHuge;
  if (placement.pages + kPage > kReserved - used_) return nullptr;
  unsigned char* pages = begin_ + used_;
  used_ += placement.pages + kPage;
  mprotect(pages, placement.pages, PROT_READ | PROT_WRITE);
  if (placement.pages >= kHuge) madvise(pages, placement.pages, MADV_HUGEPAGE);
  fill_slack(pages, bytes, placement);
  std::memset(pages + placement.offset, kPoison, bytes);
  Allocation& allocation = all_[pages] = {pages, placement, bytes};
  allocation.open = true;
  opened_.push_back(&allocation);
  if (!open_) close();
  live_[allocation.data()] = &allocation;
  live_bytes_ += bytes;
  return allocation.data();
}

void Arena::free(Allocation& allocation) {
  allocation.live = allocation.open = false;
  std::erase(opened_, &allocation);
  live_.erase(allocation.data());
  live_bytes_ -= allocation.size;
  madvise(allocation.pages, allocation.placement.pages, MADV_DONTNEED);
  mprotect(allocation.pages, allocation.placement.pages, PROT_NONE);
}

void Arena::free_all() {
  while (!live_.empty()) free(*live_.begin()->second);
}

bool Arena::contains(const void* address) const {
  const auto* byte = static_cast<const unsigned char*>(address);
  return begin_ != nullptr && byte >= begin_ && byte < begin_ + kReserved;
}

Allocation* Arena::find(const void* address) {
  const auto* byte = static_cast<const unsigned char*>(address);
  auto after = all_.upper_bound(byte);
  if (after == all_.begin()) return nullptr;
  Allocation& allocation = (--after)->second;
  return byte < allocation.pages + allocation.placement.pages + kPage ? &allocation : nullptr;
}

Allocation* Arena::find_start(const void* address) {
  const auto found = live_.find(static_cast<const unsigned char*>(address));
  return found == live_.end() ? nullptr : found->second;
}

void Arena::close() {
  open_ = false;
  if (access_ == Access::always) return;
  for (Allocation* allocation : opened_) {
    allocation->open = false;
    mprotect(allocation->pages, allocation->placement.pages, PROT_NONE);
  }
  opened_.clear();
}

bool Arena::let_in(const void* address) {
  Allocation* allocation = contains(address) ? find(address) : nullptr;
  if (!open_ || allocation == nullptr || !allocation->live || allocation->open) return false;
  const auto* byte = static_cast<const unsigned char*>(address);
  if (byte >= allocation->pages + allocation->placement.pages) return false;
  mprotect(allocation->pages, allocation->placement.pages, PROT_READ | PROT_WRITE);
  allocation->open = true;
  opened_.push_back(allocation);
  return true;
}

std::string Arena::find_damage() const {
  for (const Allocation* allocation : opened_) {
    const std::string damage =
        find_slack_damage(allocation->pages, allocation->size, allocation->placement);
    if (damage.empty()) continue;
    return fmt::format("wrote {} the {} bytes of {} at {}", damage, allocation->size, name_,
                       static_cast<const void*>(allocation->data()));
  }
  return "";
}

std::string Arena::describe(const void* address) {
  const Allocation* allocation = find(address);
  if (allocation == nullptr) {
    return fmt::format("{}, which is not allocated, at {}", name_, address);
  }
  const auto at = static_cast<const unsigned char*>(address) - allocation->data();
  return fmt::format("byte {} of the {} {}bytes of {} at {}", at, allocation->size,
                     allocation->live ? "" : "freed ", name_,
                     static_cast<const void*>(allocation->data()));
}

std::string Arena::describe_live() const {
  if (live_.empty()) return "";
  return fmt::format("{} allocation{}, {} bytes of {} ", live_.size(), live_.size() == 1 ? "" : "s",
                     live_bytes_, name_);
}

Arena& device_memory() {
  static Arena& arena = *new Arena("device memory", Arena::Access::when_opened);
  return arena;
}

Arena& pinned_memory() {
  static Arena& arena = *new Arena("pinned memory", Arena::Access::always);
  return arena;
}

bool check_range(const void* begin, std::size_t bytes, const std::string& what) {
  if (bytes == 0) return true;
  for (Arena* arena : {&device_memory(), &pinned_memory()}) {
    if (!arena->contains(begin)) continue;
    const Allocation* allocation = arena->find(begin);
    const auto* first = static_cast<const unsigned char*>(begin);
    if (allocation != nullptr && allocation->live && first >= allocation->data() &&
        first <= allocation->data() + allocation->size &&
        bytes <= static_cast<std::size_t>(allocation->data() + allocation->size - first)) {
      return true;
    }
    fail(fmt::format("{} takes {} bytes from {}", what, bytes, arena->describe(begin)));
    return false;
  }
  fail(fmt::format("{} is at {}, which is not device memory", what, begin));
  return false;
}

DeviceAccess::DeviceAccess() : opened_(!device_memory().is_open()) {
  if (opened_) device_memory().open();
}

DeviceAccess::~DeviceAccess() {
  if (opened_) device_memory().close();
}

}  // namespace emulation
