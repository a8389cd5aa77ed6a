#include "runtime/guarded_pages.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <set>

#include <fmt/format.h>
#include <sys/mman.h>

namespace emulation {
namespace {

constexpr unsigned char kSlack = 0xa5;

std::set<const unsigned char*>& guards() {
  static std::set<const unsigned char*> all;
  return all;
}

// The first byte that is not slack; `end` if there is none.
const unsigned char* find_damage_in(const unsigned char* begin, const unsigned char* end) {
  // Quick where nothing is wrong: the bytes equal themselves moved by one.
  const auto size = static_cast<std::size_t>(end - begin);
  if (size == 0 || (*begin == kSlack && std::memcmp(begin, begin + 1, size - 1) == 0)) return end;
  return std::find_if(begin, end, [](unsigned char byte) { return byte != kSlack; });
}

std::string in_bytes(std::ptrdiff_t n) { return fmt::format("{} byte{}", n, n == 1 ? "" : "s"); }

}  // namespace

Placement place(std::size_t bytes, std::size_t alignment) {
  const std::size_t aligned = (bytes + alignment - 1) / alignment * alignment;
  const std::size_t pages = (aligned + kPage - 1) / kPage * kPage;
  return {pages, pages - aligned};
}

void fill_slack(unsigned char* pages, std::size_t bytes, const Placement& placement) {
  std::memset(pages, kSlack, placement.offset);
  const std::size_t end = placement.offset + bytes;
  std::memset(pages + end, kSlack, placement.pages - end);
}

std::string find_slack_damage(const unsigned char* pages, std::size_t bytes,
                              const Placement& placement) {
  const unsigned char* begin = pages + placement.offset;
  const unsigned char* end = begin + bytes;
  const unsigned char* after = find_damage_in(end, pages + placement.pages);
  if (after != pages + placement.pages) return in_bytes(after - end + 1) + " beyond the end of";
  if (find_damage_in(pages, begin) == begin) return "";
  // The byte nearest to the data is the likeliest start of the damage.
  const unsigned char* before = begin - 1;
  while (*before == kSlack) --before;
  return in_bytes(begin - before) + " before";
}

GuardedPages::GuardedPages(std::size_t bytes, std::size_t alignment)
    : size_(bytes), placement_(place(bytes, alignment)) {
  if (bytes == 0) return;
  void* mapped = mmap(nullptr, placement_.pages + kPage, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  pages_ = static_cast<unsigned char*>(mapped);
  mprotect(pages_ + placement_.pages, kPage, PROT_NONE);
  guards().insert(pages_ + placement_.pages);
  fill_slack(pages_, size_, placement_);
}

GuardedPages::~GuardedPages() {
  if (pages_ == nullptr) return;
  guards().erase(pages_ + placement_.pages);
  munmap(pages_, placement_.pages + kPage);
}

std::string GuardedPages::find_damage() const {
  return pages_ == nullptr ? "" : find_slack_damage(pages_, size_, placement_);
}

bool GuardedPages::is_guard(const void* address) {
  const auto* byte = static_cast<const unsigned char*>(address);
  auto after = guards().upper_bound(byte);
  return after != guards().begin() && byte < *--after + kPage;
}

}  // namespace emulation
