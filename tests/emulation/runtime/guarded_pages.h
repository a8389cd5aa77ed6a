// Memory that ends at a page which faults, as far as alignment allows; what is left over there and
// at its beginning holds a pattern.
#pragma once

#include <cstddef>
#include <string>

namespace emulation {

constexpr std::size_t kPage = 4096;

// Where `bytes` bytes lie in pages that begin at a page's boundary and end before a guard.
struct Placement {
  std::size_t pages;   // bytes of whole pages, without the guard
  std::size_t offset;  // of the data
};
Placement place(std::size_t bytes, std::size_t alignment);

// Fills the slack around the data, and says later whether it was written to: "3 bytes before" or
// "1 byte beyond the end of"; "" if it was not.
void fill_slack(unsigned char* pages, std::size_t bytes, const Placement& placement);
std::string find_slack_damage(const unsigned char* pages, std::size_t bytes,
                              const Placement& placement);

class GuardedPages {
 public:
  GuardedPages(std::size_t bytes, std::size_t alignment);
  GuardedPages(const GuardedPages&) = delete;
  GuardedPages& operator=(const GuardedPages&) = delete;
  ~GuardedPages();

  unsigned char* data() const { return pages_ == nullptr ? nullptr : pages_ + placement_.offset; }
  std::size_t size() const { return size_; }
  std::string find_damage() const;
  // Whether the address lies in the page after some GuardedPages that exist now.
  static bool is_guard(const void* address);

 private:
  std::size_t size_;
  Placement placement_;
  unsigned char* pages_ = nullptr;
};

}  // namespace emulation
